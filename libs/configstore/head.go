package configstore

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// The head is a file of one line, of the form that those of the journal have: how many entries the
// journal has. A journal that was cut off between two lines looks like a whole one otherwise. The
// line is written after the entry is on disk, so it never says more than there was.

// headText is what the line has behind the number.
const headText = "entries"

// openHead opens the head, and holds the number of entries that were read against it.
func openHead(path string, entries uint64) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the head of the journal: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		_ = f.Close() // it was only read
		return nil, fmt.Errorf("read the head of the journal: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	number, what, ok := parseLine(line)
	switch ok = ok && string(what) == headText; {
	case len(text) == 0: // it is new, or the folder is of an earlier version
	case !ok:
		_ = f.Close() // it was only read
		return nil, fmt.Errorf("%w: the file head, which says how long the journal is, is not "+
			"what was written: restore the folder from a copy; or remove head to go on with the "+
			"%d entries that the journal has", ErrDamaged, entries)
	case number > entries:
		_ = f.Close() // it was only read
		return nil, fmt.Errorf("%w: the journal has %d entries, and there were %d: restore the "+
			"folder from a copy; or remove the file head to go on with what is left, and publish "+
			"again what is lost", ErrDamaged, entries, number)
	}
	// As after an entry, see Append; but a file that is new has to be there whole.
	_ = writeHead(f, entries)
	if len(text) == 0 {
		_ = f.Sync()
	}
	return f, nil
}

func writeHead(f *os.File, entries uint64) error {
	_, err := f.WriteAt(appendLine(nil, entries, []byte(headText)), 0)
	return err
}
