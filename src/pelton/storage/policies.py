"""Resource policies, by the ARN of the table or stream they hang on: kept and shown, never enforced."""

from __future__ import annotations

from dataclasses import dataclass

from pelton.storage.transaction import Snapshot, WriteTransaction


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document as it was given, and the name of this version of it."""

    document: str
    revision: str


def policy_of(snapshot: Snapshot, arn: str) -> Policy | None:
    """The policy of a resource."""
    rows = snapshot.select("SELECT policy, revision FROM policies WHERE arn = ?", (arn,))
    return Policy(rows[0][0], rows[0][1]) if rows else None


def put_policy(transaction: WriteTransaction, arn: str, policy: Policy) -> None:
    """Give a resource this policy instead of the one it has."""
    transaction.change("INSERT OR REPLACE INTO policies VALUES (?, ?, ?)", (arn, policy.document, policy.revision))


def remove_policy(transaction: WriteTransaction, arn: str) -> None:
    """Take a resource's policy away."""
    transaction.change("DELETE FROM policies WHERE arn = ?", (arn,))


def remove_policies_of_table(transaction: WriteTransaction, table_arn: str) -> None:
    """Take the policies of a table and of all its streams away: the table goes."""
    # A slash sorts right before a zero.
    transaction.change(
        "DELETE FROM policies WHERE arn = ?1 OR (arn > ?1 || '/stream/' AND arn < ?1 || '/stream0')", (table_arn,)
    )
