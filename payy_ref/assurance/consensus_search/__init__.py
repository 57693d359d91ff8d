"""
Exhaustive search: every run of a few sequencers up to some view, with the functions that run.

Blocks form a tree. A view has a few blocks; each is in a later view than its parent, which is
certified. Who leads does not matter, for the adversary leads whenever it helps. An honest sequencer
has its safety record. It processes any of the proposals, in any order, or none; it learns
certificates with the proposals that carry them, or alone; it gives up views. Dishonest sequencers
vote for every block. A quorum of votes makes a certificate. Two committed blocks conflict if
neither descends from the other.

`full` goes through every order of steps. That is possible up to 3 or 4 views, but a conflict takes
6: it takes two times three certificates, and full rules give one a view. `reduced` goes view by
view: all that happens in one view comes before all that happens in the next. That misses no tree of
certified blocks:

1.  Call one record lower than another if what it retires is not newer, and its lock is not newer,
    and is the same block if it is of the same view. Giving up a view and learning a certificate
    lead to a higher record, and keep the order between two records.
2.  A lower record allows every vote that a higher one allows. For locks retire their views: so a
    block that the higher record allows is in a later view than its lock, and builds on the lock or
    has a parent that is newer still. Either way its parent is as new as the higher lock at least.
    If the lower lock is older, the parent is newer than it; if not, it is the same lock.
3.  A sequencer votes in ascending views, since a vote retires its view; and for a block only when
    its parent is certified, which is in an earlier view.

Take any run, and do the same votes again by ascending views, each sequencer learning nothing but
what those proposals carry that it votes for. By 3 each sequencer still votes in the order of the
run, and the certificates that are carried exist. By 1 its record is lower before each vote than it
was in the run, so by 2 the vote is allowed. The same votes make the same certificates.

Steps 1 and 2 are tested for all records up to some view, and the result itself where `full` can go.
Step 1 takes for granted that at most one block a view is certified, as full rules have it. Under
weakened rules the search by views is only asked for conflicts, and what it finds is run again.

The search by views lets sequencers learn other certificates as well, which is more than it has to.
"""
