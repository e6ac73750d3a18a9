"""The Streamlit pages: what people see of the engine, through its HTTP service alone."""
