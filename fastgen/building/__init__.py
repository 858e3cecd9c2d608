"""From a scenario to a dataset on disk: plan the files, make them, and put the dataset in place.

`build` is the story in one function. `plan` lists the files, and `part` makes one of them alone. An engine
makes all files of a `job`: `workers` chooses `threads` or `processes`; the tasks of Spark go through
`shared`. `receipts` records finished files, so that the next run keeps them. `finalise` puts the dataset in
place, and `replaceable` says which files of a folder it may replace. `forecast` says what a build will take.
"""
