"""What a person sees in a terminal: results on stdout; progress, warnings and errors on stderr."""
