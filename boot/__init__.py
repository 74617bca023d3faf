"""What `manage.py` needs before any package is installed: standard library only."""
