"""Check a dataset against its manifest, its scenario and the rules of the model.

`report.CHECKS` names the checks. `file_checks` calls those of the rows, file by file or by `spans` of a large
file, from `row_checks`, `basket_checks` and `route_checks`; those of an order come after `check_lifecycle`,
which makes sure that it is complete. What all files decide together is in `run`, and what is carried from
batch to batch in `FileState`. What rows are compared with is in `expectations`; rules of the statistical
draws don't bind another source of orders. tests/dataset/row_damage.py breaks each check of rows, and
tests/cli/test_verify.py counts them.
"""
