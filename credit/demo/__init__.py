"""The demo: invented money of real names, made by the portal's own actions under a clock that runs up to now."""
