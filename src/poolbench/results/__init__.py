"""What a sweep leaves on disk: the CSV's columns, the store that writes it, and reading it back."""
