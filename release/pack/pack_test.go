package pack_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/release/pack"
)

func sample(t *testing.T) []pack.File {
	t.Helper()
	from := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(from, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []pack.File{
		{Name: "a/b", Body: []byte("b")},
		{Name: "a/program", From: from, Mode: 0o755},
		{Name: "a", Mode: fs.ModeDir | 0o755},
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{".tar", ".tar.gz", ".zip"} {
		name := filepath.Join(t.TempDir(), "x"+suffix)
		if err := pack.Write(name, sample(t)); err != nil {
			t.Fatal(err)
		}
		files, err := pack.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Mode.String()+" "+f.Name+" "+string(f.Body))
		}
		want := []string{"-rw-r--r-- a/b b", "-rwxr-xr-x a/program binary"}
		if suffix != ".zip" {
			want = slices.Insert(want, 0, "drwxr-xr-x a ")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", suffix, got, want)
		}
	}
}

func TestTheOrderOfFilesAndTheirTimesMeanNothing(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{".tar", ".tar.gz", ".zip"} {
		var archives [][]byte
		for range 2 {
			files := sample(t) // from other folders, and made at another time
			if len(archives) > 0 {
				slices.Reverse(files)
			}
			name := filepath.Join(t.TempDir(), "x"+suffix)
			if err := pack.Write(name, files); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			archives = append(archives, content)
		}
		if !bytes.Equal(archives[0], archives[1]) {
			t.Errorf("two %s of the same files differ", suffix)
		}
	}
}

func TestNamesThatLeadOutAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"", ".", "..", "../a", "/a", "a/../b", "a//b", "a/", "./a", `a\b`, "a\x00",
	} {
		if _, err := pack.Sorted([]pack.File{{Name: name}}); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	_, err := pack.Sorted([]pack.File{{Name: "a"}, {Name: "a"}})
	if err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("two files of one name: %v", err)
	}
	if _, err := pack.Sorted([]pack.File{{Name: "a", Mode: fs.ModeSymlink}}); err == nil {
		t.Error("a link to nowhere was taken")
	}
	zip := filepath.Join(t.TempDir(), "x.zip")
	err = pack.Write(zip, []pack.File{{Name: "a", Mode: fs.ModeSymlink, Link: "b"}})
	if err == nil {
		t.Error("a link in a zip was taken")
	}
	// Nothing half written stays.
	if _, err := os.Stat(zip); err == nil {
		t.Error("the zip is there")
	}
}
