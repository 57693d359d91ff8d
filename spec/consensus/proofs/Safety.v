(* Agreement of chained HotStuff: what every honest sequencer keeps to implies that two committed
   blocks are never in conflict. For any number of sequencers, blocks and views, and for whatever
   the others do.

   That honest sequencers keep to R1, R2 and R3 is proved of the code by two solvers
   (payy_ref/assurance/consensus_lemmas.py). Here is what those cannot do: the induction on views.
   No axiom is used.

   For Coq 8.16 or newer: coqc Safety.v *)

Require Import Arith Lia.

Section Safety.

(* Sequencers, blocks, and groups of sequencers that are quorums. *)
Variable sequencer block quorum : Type.

Variable genesis : block.
Variable parent : block -> block.
Variable view : block -> nat.

(* Blocks of other forms are refused; the parent of genesis is never looked at. *)
Hypothesis genesis_view : view genesis = 0.
Hypothesis views_ascend : forall b, b = genesis \/ view (parent b) < view b.

Variable honest : sequencer -> Prop.
Variable member : sequencer -> quorum -> Prop.

(* Less than a third of the stake is dishonest, and a quorum has more than two thirds. *)
Hypothesis quorums_intersect : forall q r, exists n, honest n /\ member n q /\ member n r.

(* The votes that were ever cast. Of members that are not honest nothing is known. *)
Variable voted : sequencer -> block -> Prop.

Definition certified (b : block) : Prop :=
  b = genesis \/ exists q, forall n, honest n -> member n q -> voted n b.

(* R1: one vote a view. *)
Hypothesis R1 : forall n b c, honest n -> voted n b -> voted n c -> view b = view c -> b = c.

(* R2: the parent of a block with a vote is certified. *)
Hypothesis R2 : forall n b, honest n -> voted n b -> certified (parent b).

(* R3: the parent of a later vote is not older than the grandparent of a vote. *)
Hypothesis R3 : forall n b c, honest n -> voted n b -> voted n c -> view b < view c ->
  parent b = genesis \/ view (parent (parent b)) <= view (parent c).

(* a is b, or an ancestor of b. *)
Inductive descends (a : block) : block -> Prop :=
| same : descends a a
| child : forall b, b <> genesis -> descends a (parent b) -> descends a b.

(* Three blocks in a row, in consecutive views, with a certificate on the last one. *)
Definition three_chain (b0 b1 b2 : block) : Prop :=
  parent b1 = b0 /\ parent b2 = b1 /\ view b1 = S (view b0) /\ view b2 = S (view b1) /\
  certified b2.

(* They commit the first of them, and so its ancestors. Genesis is committed by definition. *)
Definition committed (b : block) : Prop :=
  b = genesis \/ exists b0 b1 b2, three_chain b0 b1 b2 /\ descends b b0.

Lemma later_is_not_genesis : forall b v, v < view b -> b <> genesis.
Proof. intros b v later ->. rewrite genesis_view in later. lia. Qed.

Lemma view_above_parent : forall b, b <> genesis -> view (parent b) < view b.
Proof. intros b other. destruct (views_ascend b); [contradiction | assumption]. Qed.

(* B1: two certified blocks of one view are one. *)
Lemma one_certificate_a_view : forall b c,
  certified b -> certified c -> view b = view c -> b = c.
Proof.
  intros b c [-> | [q votes_q]] [-> | [r votes_r]] same_view; trivial.
  - destruct (views_ascend c) as [-> |]; [trivial | rewrite genesis_view in same_view; lia].
  - destruct (views_ascend b) as [-> |]; [trivial | rewrite genesis_view in same_view; lia].
  - destruct (quorums_intersect q r) as (n & is_honest & in_q & in_r). eauto.
Qed.

(* B2: the parent of a certified block is certified. *)
Lemma parent_certified : forall b, b <> genesis -> certified b -> certified (parent b).
Proof.
  intros b other [is_genesis | [q votes]]; [contradiction |].
  destruct (quorums_intersect q q) as (n & is_honest & in_q & _). eauto.
Qed.

(* B3: a certified block that is not older than a three-chain descends from its first block.
   Induction on the view of the certified block. *)
Lemma certified_later_descends : forall b0 b1 b2, three_chain b0 b1 b2 ->
  forall c, certified c -> view b0 <= view c -> descends b0 c.
Proof.
  intros b0 b1 b2 (row1 & row2 & next1 & next2 & cert2) c.
  assert (other1 : b1 <> genesis) by (apply later_is_not_genesis with (view b0); lia).
  assert (other2 : b2 <> genesis) by (apply later_is_not_genesis with (view b1); lia).
  assert (cert1 : certified b1) by (rewrite <- row2; auto using parent_certified).
  assert (cert0 : certified b0) by (rewrite <- row1; auto using parent_certified).
  assert (below1 : descends b0 b1) by (apply child; trivial; rewrite row1; apply same).
  assert (below2 : descends b0 b2) by (apply child; trivial; rewrite row2; trivial).
  induction c as [c induction] using (well_founded_induction (well_founded_ltof _ view)).
  intros cert_c not_older.
  destruct (le_lt_dec (view c) (view b2)) as [within | later].
  - (* Its view is that of one of the three, so it is that block. *)
    assert (which : view c = view b0 \/ view c = view b1 \/ view c = view b2) by lia.
    destruct which as [v | [v | v]].
    + rewrite (one_certificate_a_view c b0 cert_c cert0 v). apply same.
    + rewrite (one_certificate_a_view c b1 cert_c cert1 v). trivial.
    + rewrite (one_certificate_a_view c b2 cert_c cert2 v). trivial.
  - (* Somebody honest voted for b2 and for c, so by R3 the parent of c is not older than b0. *)
    assert (other : c <> genesis) by (apply later_is_not_genesis with (view b2); lia).
    apply child; trivial.
    apply induction; [apply view_above_parent | apply parent_certified |]; trivial.
    destruct cert_c as [? | [q votes_c]]; [contradiction |].
    destruct cert2 as [? | [r votes_2]]; [contradiction |].
    destruct (quorums_intersect q r) as (n & is_honest & in_q & in_r).
    destruct (R3 n b2 c) as [is_genesis | not_older_parent]; auto.
    + rewrite row2 in is_genesis. contradiction.
    + rewrite row2, row1 in not_older_parent. trivial.
Qed.

Lemma descends_transitive : forall a b c, descends a b -> descends b c -> descends a c.
Proof. intros a b c ab bc. induction bc; auto using child. Qed.

(* Two ancestors of one block are in line. *)
Lemma ancestors_in_line : forall a b c,
  descends a c -> descends b c -> descends a b \/ descends b a.
Proof.
  intros a b c ac. induction ac as [| c other ac IH]; intros bc; auto.
  inversion bc; subst; auto using child.
Qed.

Lemma all_descend_from_genesis : forall b, descends genesis b.
Proof.
  intros b. induction b as [b induction] using (well_founded_induction (well_founded_ltof _ view)).
  destruct (views_ascend b) as [-> | above]; [apply same |].
  apply child; [apply later_is_not_genesis with (view (parent b)); trivial | auto].
Qed.

(* B4: two committed blocks are never in conflict. *)
Theorem agreement : forall b c, committed b -> committed c -> descends b c \/ descends c b.
Proof.
  intros b c [-> | (b0 & b1 & b2 & chain_b & below_b)] [-> | (c0 & c1 & c2 & chain_c & below_c)];
    auto using all_descend_from_genesis.
  assert (certified_first : forall a0 a1 a2, three_chain a0 a1 a2 -> certified a0).
  { intros a0 a1 a2 (row1 & row2 & next1 & next2 & cert2).
    rewrite <- row1. apply parent_certified; [apply later_is_not_genesis with (view a0); lia |].
    rewrite <- row2. apply parent_certified; [apply later_is_not_genesis with (view a1); lia |].
    trivial. }
  destruct (le_ge_dec (view b0) (view c0)) as [b_first | c_first].
  - apply ancestors_in_line with c0; trivial. apply descends_transitive with b0; trivial.
    apply (certified_later_descends b0 b1 b2); eauto.
  - apply ancestors_in_line with b0; trivial. apply descends_transitive with c0; trivial.
    apply (certified_later_descends c0 c1 c2); eauto.
Qed.

End Safety.

(* The hypotheses can hold together, and blocks be committed: a chain with a block a view, and one
   sequencer, which is honest and votes for all of them. *)
Example every_block_of_a_chain_is_committed : forall b c : nat,
  let is_committed := committed unit nat unit 0 pred (fun v => v)
    (fun _ => True) (fun _ _ => True) (fun _ _ => True) in
  is_committed b /\ is_committed c /\ (descends nat 0 pred b c \/ descends nat 0 pred c b).
Proof.
  intros b c is_committed.
  assert (all : forall a, is_committed a).
  { intros a. right. exists a, (S a), (S (S a)).
    repeat split; [right; exists tt; trivial | apply same]. }
  split; [apply all | split; [apply all |]].
  refine (agreement unit nat unit 0 pred (fun v => v) _ _
    (fun _ => True) (fun _ _ => True) _ (fun _ _ => True) _ _ _ b c (all b) (all c)); trivial.
  - intros a. destruct a; simpl; lia.
  - intros q r. exists tt. auto.
  - intros n a _ _. right. exists tt. trivial.
  - intros n a d _ _ _ earlier. right. lia.
Qed.

Print Assumptions agreement.
Print Assumptions every_block_of_a_chain_is_committed.
