"""The control interface: what a person does in the workspace, over HTTP and in JSON.

The page uses it, and so do tests. demo/README.md lists it.
"""
