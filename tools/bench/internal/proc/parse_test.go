package proc

import "testing"

func TestParentsOfAProcess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stat  string
		pid, parent int
		ok          bool
	}{
		{"plain", "12 (nginx) S 7 12 12 0", 12, 7, true},
		{"a name made to confuse", "12 (a) R 99 (b) S 7 12", 12, 7, true},
		{"empty", "", 0, 0, false},
		{"cut off", "12 (nginx) S", 0, 0, false},
		{"no number", "x (nginx) S 7", 0, 0, false},
	} {
		pid, parent, ok := parents(c.stat)
		if ok != c.ok || ok && (pid != c.pid || parent != c.parent) {
			t.Errorf("%s: %d, %d, %v", c.name, pid, parent, ok)
		}
	}
}

func TestCoreTimes(t *testing.T) {
	t.Parallel()
	const before = "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n" +
		"cpu1 10 0 10 70 5 0 5 0 0 0\nintr 5\n"
	const after = "cpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 40 0 30 90 15 0 15 10 0 0\n"
	a, err := parseCore(before, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := parseCore(after, 1)
	if err != nil {
		t.Fatal(err)
	}
	if busy, steal := b.Since(a); busy != 0.6 || steal != 0.1 {
		t.Errorf("busy %v, stolen %v; want 0.6, 0.1", busy, steal)
	}
	if busy, steal := a.Since(a); busy != 0 || steal != 0 {
		t.Errorf("no time: busy %v, stolen %v", busy, steal)
	}
	for _, bad := range []string{"", before[:60], "cpu1 a b c d e f g h\n"} {
		if _, err := parseCore(bad, 1); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
