package checksums_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/checksums"
)

// Of nothing, and of "abc" (FIPS 180-2).
const (
	empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	abc   = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)

func TestSumsAreThoseOfSha256sum(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := checksums.Of(file)
	if want := (checksums.Sum{Hex: abc, Name: "file.txt"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	text := checksums.Format([]checksums.Sum{{Hex: abc, Name: "b"}, {Hex: empty, Name: "a"}})
	if want := empty + "  a\n" + abc + "  b\n"; text != want {
		t.Errorf("%q, want %q", text, want)
	}
}

func TestWhatIsNoListIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		abc + "  ../a\n":                   "line 1: \"../a\" is no name",
		abc + "  a/b\n":                    "is no name",
		"x" + abc[1:] + "  a\n":            "is no SHA-256",
		abc[2:] + "  a\n":                  "is no SHA-256",
		abc + "\n":                         "line 1 is not",
		abc + "a\n":                        "line 1 is not",
		abc + " a\n":                       "line 1 is not",
		abc + "  a\n" + empty + "  a\n":    "line 2: a is there twice",
		"-----BEGIN PGP SIGNED MESSAGE---": "line 1",
	} {
		if _, err := checksums.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(abc + "  a\r\n" + strings.ToUpper(empty) + " *b c\n")
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := checksums.Parse(text)
		if err != nil {
			return
		}
		again, err := checksums.Parse(checksums.Format(parsed))
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		slices.SortFunc(parsed, func(a, b checksums.Sum) int {
			return strings.Compare(a.Name, b.Name)
		})
		if !slices.Equal(parsed, again) {
			t.Errorf("%q became %q", parsed, again)
		}
	})
}
