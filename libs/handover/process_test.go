//go:build unix

package handover

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheNextProcessKnowsHowThisOneWasStarted(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s, err := Process{Args: []string{"run", "a file"}, Dir: dir}.Start(exe, childVariable+"=1")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f, err := os.Open(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.Send("ask", nil, f, f); err != nil {
		t.Fatal(err)
	}
	m := receive(t, s.Channel)
	closeAll(m.Files)
	if got, want := string(m.Body), "run a file|"+dir+"|none|2"; got != want || len(m.Files) != 2 {
		t.Errorf("it says %q, want %q", got, want)
	}
	if err := s.Send("exit", nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Exited():
	case <-time.After(deadline):
		s.Kill()
		t.Fatal("it goes on")
	}
	if s.End() != "exit status 7" {
		t.Errorf("it has ended with %s", s.End())
	}
}

// What can't be started is said, with what to do, and nothing is left of the try.
func TestAFileThatIsNoBinary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// An ELF header of a machine that nobody has.
	foreign := "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) +
		"\x02\x00\xfe\xfe\x01\x00\x00\x00" + strings.Repeat("\x00", 64)
	for name, c := range map[string]struct{ path, want string }{
		"unknown":          {"", "not known"},
		"gone":             {filepath.Join(dir, "gone"), "not there"},
		"a folder":         {dir, "no file"},
		"empty":            {file("empty", "", 0o755), "empty"},
		"not executable":   {file("plain", "x", 0o644), "not executable"},
		"anybody's":        {file("open", "x", 0o777), "anybody may write"},
		"garbage":          {file("garbage", "\x00\x01garbage", 0o755), "no program for this"},
		"of another CPU":   {file("foreign", foreign, 0o755), "no program for this system"},
		"no interpreter":   {file("script", "#!/no/such/thing\n", 0o755), "interpreter"},
		"a cut off binary": {file("cut", "\x7fELF\x02\x01", 0o755), "no program for this"},
	} {
		s, err := Process{Dir: dir}.Start(c.path)
		var wrong *StartError
		if err == nil || !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if s != nil {
			s.Kill()
			s.Close()
		}
	}
}

func TestAFileThatIsBeingWritten(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "binary")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		t.Fatal(err)
	}
	_, err = Process{}.Start(path)
	if err == nil || !strings.Contains(err.Error(), "being written") {
		t.Errorf("%v", err)
	}
}
