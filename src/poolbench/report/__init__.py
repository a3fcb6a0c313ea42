"""The single-file HTML page of one sweep or several: it needs no network and no server."""
