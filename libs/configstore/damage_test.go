package configstore

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// kept makes a folder with three entries and two snapshots, and returns what its files have.
func kept(t *testing.T) (files map[string][]byte, digests []string) {
	t.Helper()
	dir := t.TempDir()
	f := open(t, dir)
	for i := range 2 {
		digest, err := f.Put(t.Context(), fmt.Appendf(nil, "version: 1\n# %d\n", i))
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	for i := range 3 {
		if err := f.Append(t.Context(), uint64(i), fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, name := range []string{"journal", "head"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	for _, d := range digests {
		data, err := os.ReadFile(filepath.Join(dir, "snapshots", d))
		if err != nil {
			t.Fatal(err)
		}
		files["snapshots/"+d] = data
	}
	return files, digests
}

// sound says whether a folder is taken for whole: it opens, has all entries, and hands out all
// snapshots. With another error than that of damage the test fails.
func sound(t *testing.T, files map[string][]byte, digests []string) bool {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "store")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, "snapshots"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := openFolder(dir)
	if err != nil {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("it is no damage, but %v", err)
		}
		return false
	}
	defer f.Close()
	if entries, err := f.Entries(t.Context(), 0); err != nil || len(entries) != 3 {
		t.Errorf("it opens with %d of 3 entries, %v", len(entries), err)
	}
	for _, d := range digests {
		switch _, err := f.Get(t.Context(), d); {
		case errors.Is(err, ErrDamaged), errors.Is(err, ErrNotFound):
			return false
		case err != nil:
			t.Errorf("it is no damage, but %v", err)
		}
	}
	return true
}

// Whatever bit of whatever file of a folder is turned, wherever a file is cut off, whatever is gone
// or is added: nobody gets something else for what was stored, and it is called damage.
func TestNoDamageIsTakenForTheHistory(t *testing.T) {
	t.Parallel()
	whole, digests := kept(t)
	if !sound(t, whole, digests) {
		t.Fatal("a folder that is whole is not taken for it")
	}
	for name, data := range whole {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := func(data []byte) map[string][]byte {
				files := maps.Clone(whole)
				if files[name] = data; data == nil {
					delete(files, name)
				}
				return files
			}
			for at := range data {
				for bit := range 8 {
					other := bytes.Clone(data)
					other[at] ^= 1 << bit
					if sound(t, with(other), digests) && harmful(name, data, at) {
						t.Errorf("bit %d of byte %d, %q, is turned and nobody sees it", bit, at,
							data[at])
					}
				}
			}
			for length := range data {
				if sound(t, with(data[:length]), digests) && harmful(name, data, length) &&
					(name != "head" || length > 0) { // without it there is less to see damage by
					t.Errorf("cut off at %d, and nobody sees it", length)
				}
			}
			if name != "head" && sound(t, with(nil), digests) {
				t.Error("it is gone, and nobody sees it")
			}
			for _, more := range []string{"\x00", "x", "4 00000000 {}\n"} {
				longer := append(bytes.Clone(data), more...)
				if name != "head" && name != "journal" && sound(t, with(longer), digests) {
					t.Errorf("%q is added, and nobody sees it", more)
				}
			}
		})
	}
	swapped := maps.Clone(whole)
	a, b := "snapshots/"+digests[0], "snapshots/"+digests[1]
	swapped[a], swapped[b] = swapped[b], swapped[a]
	if sound(t, swapped, digests) {
		t.Error("two snapshots are exchanged, and nobody sees it")
	}
}

// harmful says whether a byte of a file means something: the end of the head's only line does not.
func harmful(name string, data []byte, at int) bool {
	return name != "head" || at != len(data)-1
}
