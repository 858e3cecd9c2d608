"""Check a dataset against its manifest, its scenario and the rules of the model.

`report.CHECKS` names the checks. `file_checks` calls those of the rows, file by file, from `row_checks`,
`basket_checks` and `route_checks`. tests/dataset/row_damage.py breaks each of them once.
"""
