"""One module a page: fetch, choose, draw.

Not called `pages`: Streamlit runs every file of a folder of that name beside `app.py` on its own, so that the address of
an application, opened first thing after a start, met a page outside its frame: no sign-in, nothing on it.
"""
