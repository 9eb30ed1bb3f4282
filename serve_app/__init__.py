"""The Ray Serve app: one file a deployment, composed in `app.py`."""
