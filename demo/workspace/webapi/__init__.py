"""The Web API: one endpoint, one function for each method.

Each module below registers its methods when it is imported.
"""
