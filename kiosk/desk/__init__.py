"""The issuing desk: the pool of sealed credentials and the authorisations on voter cards.

It never opens a vote store. The voter roll comes with the station's whole day.
"""
