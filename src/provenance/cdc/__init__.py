"""The deposit format of the Caisse des Dépôts ("accrochage"): reading, checking, answering.

`flux` reads a file as a stream, `schema` is its tree as data, `checks` judges one passage,
`faults` is what they find, `report` answers the depositor, `xsd` checks against an
operator's own schema, and `sample` makes files to try all this with.
"""
