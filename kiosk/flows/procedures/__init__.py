"""Staff procedures as data: ordered steps, each with its effect.

What is done is in the store, so a procedure that power cut short goes on from there.
"""
