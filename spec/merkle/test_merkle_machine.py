"""Long runs of changes to trees, against a dictionary, with all versions kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
)

from payy_ref.assurance.evidence import evidence
from payy_ref.crypto.field import FieldElement
from payy_ref.errors import ErrorCode, SpecError
from payy_ref.merkle import tree as rules
from payy_ref.merkle.naive import NaiveTree
from payy_ref.merkle.path import Depth, path_root, proves_absence, proves_inclusion
from payy_ref.merkle.persistent import PersistentTree
from payy_ref.testing.strategies import (
    accepted_updates,
    field_elements,
    leaf_sets,
    leaves_in_slot,
    slots,
    update_scripts,
)
from payy_ref.testing.tree_model import TreeModel


@dataclass(frozen=True, kw_only=True)
class Version:
    """One tree in all its forms, and what it showed when it was made."""

    tree: PersistentTree
    """The tree for use."""
    definition: NaiveTree | None
    """The tree as defined, where that is quick enough."""
    model: TreeModel
    """The dictionary."""
    root: FieldElement
    """The root when the version was made."""

    @property
    def members(self) -> tuple[FieldElement, ...]:
        """The elements, from the dictionary."""
        return tuple(map(FieldElement, self.model.elements()))

    def check(self) -> None:
        """All forms still show what they showed."""
        assert self.tree.root == self.root == self.model.root()
        assert list(self.tree) == self.model.elements()
        assert len(self.tree) == len(self.model.leaf_in)
        if self.definition is not None:
            assert self.definition.root == self.root
            assert list(self.definition) == self.model.elements()
            assert len(self.definition) == len(self.tree)


def outcome(change: Callable[[], PersistentTree | NaiveTree]) -> ErrorCode | None:
    """Tell the code of a refusal; None if there is none."""
    try:
        change()
    except SpecError as refusal:
        return refusal.code
    return None


class TreeMachine(RuleBasedStateMachine):
    """Any version may be changed at any time; every change is judged by the dictionary first."""

    depths: ClassVar[Sequence[int]]
    """Depths that a run may have."""
    with_definition: ClassVar[bool]
    """Whether the definition is quick enough to run along."""

    versions: Bundle[Version] = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.all_versions: list[Version] = []

    @initialize(target=versions, data=st.data())
    def start(self, data: st.DataObject) -> Version:
        """Begin with some leaves."""
        self.depth = Depth(data.draw(st.sampled_from(self.depths), label="depth"))
        empty = Version(
            tree=PersistentTree(depth=self.depth),
            definition=NaiveTree(depth=self.depth) if self.with_definition else None,
            model=TreeModel(depth=self.depth),
            root=PersistentTree(depth=self.depth).root,
        )
        empty.check()
        started = self.changed(empty, insert=data.draw(leaf_sets(self.depth)))
        assert started is not None
        return started

    def changed(
        self,
        version: Version,
        *,
        remove: Sequence[FieldElement] = (),
        insert: Sequence[FieldElement] = (),
    ) -> Version | None:
        """Update all forms; give the new version, or None if all of them refuse for one reason."""
        tree, definition = version.tree, version.definition
        expected = version.model.updated(remove=remove, insert=insert)
        if isinstance(expected, ErrorCode):
            assert outcome(lambda: rules.update(tree, remove=remove, insert=insert)) == expected
            if definition is not None:
                code = outcome(lambda: rules.update(definition, remove=remove, insert=insert))
                assert code == expected
            return None
        updated = rules.update(tree, remove=remove, insert=insert)
        new = Version(
            tree=updated,
            definition=None
            if definition is None
            else rules.update(definition, remove=remove, insert=insert),
            model=expected,
            root=updated.root,
        )
        new.check()
        self.all_versions.append(new)
        return new

    def kept(self, version: Version | None) -> Version | MultipleResults[Version]:
        """Put a new version into the bundle."""
        return multiple() if version is None else version

    @rule(target=versions, version=versions, data=st.data())
    def insert_anything(
        self, version: Version, data: st.DataObject
    ) -> Version | MultipleResults[Version]:
        """Insert a leaf of any slot, taken or not."""
        leaf = data.draw(leaves_in_slot(self.depth, data.draw(slots(self.depth))))
        return self.kept(self.changed(version, insert=[leaf]))

    @rule(target=versions, version=versions, data=st.data())
    def remove_member(
        self, version: Version, data: st.DataObject
    ) -> Version | MultipleResults[Version]:
        """Remove an element that is there, if there is one."""
        if not version.members:
            return multiple()
        return self.kept(
            self.changed(version, remove=[data.draw(st.sampled_from(version.members))])
        )

    @rule(version=versions, element=field_elements())
    def remove_stranger(self, version: Version, element: FieldElement) -> None:
        """Remove an element that is hardly ever there."""
        if element not in version.members:
            assert self.changed(version, remove=[element]) is None

    @rule(version=versions, data=st.data())
    def take_a_taken_slot(self, version: Version, data: st.DataObject) -> None:
        """Insert a member again, or another leaf of its slot."""
        if version.members:
            slot = data.draw(st.sampled_from(sorted(version.model.leaf_in)))
            leaf = data.draw(leaves_in_slot(self.depth, slot))
            assert self.changed(version, insert=[leaf]) is None

    @rule(target=versions, version=versions, data=st.data())
    def update(self, version: Version, data: st.DataObject) -> Version | MultipleResults[Version]:
        """Do an update that may be refused."""
        script = data.draw(update_scripts(self.depth, version.members))
        return self.kept(self.changed(version, remove=script.remove, insert=script.insert))

    @rule(target=versions, version=versions, data=st.data())
    def update_with_steps(self, version: Version, data: st.DataObject) -> Version:
        """Do an accepted update one step at a time; each step proves its roots."""
        script = data.draw(accepted_updates(self.depth, version.members, maximum=2))
        new = self.changed(version, remove=script.remove, insert=script.insert)
        assert new is not None
        tree, steps = rules.update_with_steps(
            version.tree, remove=script.remove, insert=script.insert
        )
        assert tree == new.tree
        root = version.root
        for step in steps:
            slot = version.model.slot(step.element)
            assert step.root_before == root == path_root(step.leaf_before, slot, step.siblings)
            assert step.root_after == path_root(step.leaf_after, slot, step.siblings)
            root = step.root_after
        assert root == new.root
        return new

    @rule(version=versions, data=st.data())
    def rebuild(self, version: Version, data: st.DataObject) -> None:
        """Build a version again from its elements in another order: the same tree."""
        order = data.draw(st.permutations(version.members))
        assert PersistentTree.of(self.depth, order) == version.tree
        empty = PersistentTree(depth=self.depth)
        assert rules.update(empty, remove=(), insert=order) == version.tree

    @rule(version=versions, other=versions)
    def compare(self, version: Version, other: Version) -> None:
        """Two versions are equal exactly if they hold the same elements."""
        is_same = version.model.leaf_in == other.model.leaf_in
        assert (version.tree == other.tree) == is_same
        assert (version.root == other.root) == is_same

    @rule(version=versions, data=st.data())
    def ask_for_a_path(self, version: Version, data: st.DataObject) -> None:
        """The path of any slot proves what stands in it, included or absent."""
        taken = sorted(version.model.leaf_in)
        choices = [slots(self.depth), *([st.sampled_from(taken)] if taken else [])]
        slot = data.draw(st.one_of(choices))
        element = data.draw(leaves_in_slot(self.depth, slot))
        occupant = version.model.leaf_in.get(slot, 0)
        siblings = rules.path(version.tree, element)
        assert siblings == version.model.siblings(slot)
        if version.definition is not None:
            assert siblings == rules.path(version.definition, element)
        assert version.tree.leaf_at(slot) == occupant
        is_member = occupant == element
        root = version.root
        assert rules.contains(version.tree, element) == is_member
        assert proves_inclusion(self.depth, element, siblings, root) == is_member
        assert proves_absence(self.depth, element, occupant, siblings, root) != is_member

    def teardown(self) -> None:
        """Every version of the run is still what it was."""
        for version in self.all_versions:
            version.check()


class SmallTreeMachine(TreeMachine):
    """Few slots, so that most insertions clash and most removals collapse branches."""

    depths = (2, 3, 4, 5, 6)
    with_definition = True


class DeepTreeMachine(TreeMachine):
    """The depth of mainnet, a multiple of 64 and a neighbour of it."""

    depths = (160, 160, 64, 65)
    with_definition = False


_properties = evidence(
    "PAYY-MERKLE-T02", "PAYY-MERKLE-T05", "PAYY-MERKLE-T06", "PAYY-MERKLE-T07", "PAYY-MERKLE-T11"
)
TestSmallTrees = _properties(SmallTreeMachine.TestCase)
TestDeepTrees = _properties(DeepTreeMachine.TestCase)
TestDeepTrees.settings = settings(max_examples=max(10, settings().max_examples // 2))
