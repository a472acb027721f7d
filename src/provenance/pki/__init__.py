"""X.509 certificates, CMS signatures and time stamps: what seals and time stamps are made of.

Only as much of these formats is read as seals (``provenance.cv``) and the time stamps of
checkpoints (``provenance.verifier``) need; everything else is refused. Nothing here is loaded
for a proof bundle without a time stamp.
"""
