package configwire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheCacheIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "last-good.yaml")
	// What a crash has left behind.
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), ".last-good.yaml.new"),
		[]byte("half of"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"version: 1\n", "{\"version\": 1}", "\n\n# a\nb", strings.Repeat("x", MaxConfig),
	} {
		want := kept{
			Config:  Config{Revision: 3, Digest: digestOf([]byte(text)), Data: []byte(text)},
			highest: 9,
		}
		if err := writeCache(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := readCache(path)
		if err != nil || got.Revision != 3 || got.highest != 9 || string(got.Data) != text {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("there are %v, %v", left, err)
	}
	if got, err := readCache(filepath.Join(t.TempDir(), "none")); err != nil || got.highest != 0 {
		t.Errorf("no file: %+v, %v", got, err)
	}
}

// A file that was cut off or changed at any byte is not taken for a configuration.
func TestADamagedCacheIsNotTaken(t *testing.T) {
	t.Parallel()
	text := "version: 1\nlisteners: []\n"
	whole := kept{
		Config:  Config{Revision: 12, Digest: digestOf([]byte(text)), Data: []byte(text)},
		highest: 13,
	}.encode()
	for i := range whole {
		if k, err := decodeCache(whole[:i]); err == nil {
			t.Errorf("cut at %d: %+v", i, k)
		}
		other := append([]byte(nil), whole...)
		other[i] ^= 0x01
		if k, err := decodeCache(other); err == nil {
			t.Errorf("changed at %d: %+v", i, k)
		}
	}
}

func FuzzCache(f *testing.F) {
	f.Add([]byte(""))
	f.Add(kept{highest: 4}.encode())
	f.Add(kept{
		Config: Config{Revision: 1, Digest: digestOf([]byte("a")), Data: []byte("a")}, highest: 1,
	}.encode())
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := decodeCache(text)
		if err != nil {
			return
		}
		if again := string(k.encode()); again != string(text) {
			t.Errorf("%q was read, and would be written as %q", text, again)
		}
	})
}
