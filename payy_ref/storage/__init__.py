"""What a sequencer keeps on disk, behind one small interface."""
