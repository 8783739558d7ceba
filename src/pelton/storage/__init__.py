"""SQLite, one file: connections, group commit, item rows, the change log, shard map and checkpoints.

The rooms above hold a ``Storage`` (``engine``), opened with a driver (``drivers``): ``submit``, ``ride``
and ``write`` run a decision in the next group commit, ``snapshot`` reads the last one. What a decision may ask is
in ``transaction``; what it changes is a ``Change`` (``change``) of a ``Table`` (``catalog``).

Durable state of the rooms above lies behind plain functions whose first argument is the snapshot
or the transaction:

- ``mappings``: put_mapping, mapping, mappings, mapping_versions, remove_mapping
- ``checkpoints``: put_checkpoint, checkpoint, checkpoints, remove_checkpoint
- ``invocations``: add_invocation, invocations, invocations_of_record, invocation_of_trace
- ``functions``: put_function, function, functions, function_code, remove_function
- ``failures``: add_failure, failures, failure_records, remove_failure
- ``passes``: add_pass, put_pass, find_pass, passes, trim_passes

``trimming`` forgets what is older than the retention, ``check`` proves a stopped folder consistent.
No SQL is written outside this room.
"""
