package value_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// What is taken is JSON for encoding/json too; what that takes and this does not has a reason that
// it does not look for.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-2.5e+3,true,false,null,"x\n\u00e4\ud83d\ude00"]}`, `{"a":1,"a":2}`, `[1,]`, `01`,
		`1 2`, "\"\xff\"", `"\ud800"`, `{"\u0061":1,"a":2}`, ``, ` [ ] `, `-`, `1.`, `1e`,
		`[[[[[[]]]]]]`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var tree value.Tree
		err := tree.Parse(text, 5)
		valid := json.Valid(text)
		switch {
		case err == nil && (!valid || !utf8.Valid(text)):
			t.Fatalf("%q is taken", text)
		case err != nil && err.Rule == value.RuleSyntax && valid && utf8.Valid(text),
			err != nil && err.Rule == value.RuleTrailing && valid:
			t.Fatalf("%q is not taken: %v", text, err)
		case err != nil && err.Offset > len(text):
			t.Fatalf("%q: offset %d", text, err.Offset)
		case err != nil:
			return
		}
		var copied value.Tree
		b := copied.Build()
		b.Graft(&tree, 0)
		if !value.Equal(&tree, 0, &copied, 0) {
			t.Fatalf("%q is not equal to its copy", text)
		}
	})
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		a, b     string
		cmp      int
		multiple bool
	}{
		{"1", "1.0", 0, true}, {"10", "1e1", 0, true}, {"-0", "0.5", -1, true}, {"2", "3", -1,
			false},
		{"0.3", "0.1", 1, true}, {"0.35", "0.1", 1, false}, {"1e308", "0.123456789", 1, false},
		{"-5", "2", -1, false}, {"-4", "2", -1, true}, {"9007199254740993", "9007199254740992", 1,
			false},
		{"123456789012345678901234567890", "10", 1, true},
		{"123456789012345678901234567890", "12345678901234567890123456789", 1, true},
		{"123456789012345678901234567891", "12345678901234567890123456789", 1, false},
		{"1e99999999999999", "3", 1, false}, {"3e99999999999999", "3", 1, true},
		{"1e-99999999999999", "1", -1, false},
	}
	for _, test := range tests {
		a := value.ParseDecimal([]byte(test.a), nil)
		b := value.ParseDecimal([]byte(test.b), nil)
		if a.Cmp(b) != test.cmp || b.Cmp(a) != -test.cmp {
			t.Errorf("%s and %s compare as %d and %d", test.a, test.b, a.Cmp(b), b.Cmp(a))
		}
		if a.MultipleOf(b) != test.multiple {
			t.Errorf("%s of %s: not %v", test.a, test.b, test.multiple)
		}
	}
}

// The keys of an object are compared, however many there are.
func TestKeysThatAreThereTwice(t *testing.T) {
	for _, n := range []int{1, 2, 23, 24, 25, 1000} {
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range n {
			b.WriteString(`"k` + string(rune('a'+i%26)) + string(rune('0'+i/26)) + `":1,`)
		}
		var tree value.Tree
		if err := tree.Parse([]byte(b.String()+`"x":1}`), 9); err != nil {
			t.Errorf("%d keys: %v", n, err)
		}
		err := tree.Parse([]byte(b.String()+`"ka0":1}`), 9)
		if err == nil || err.Rule != value.RuleDuplicate || err.Pointer != "/ka0" {
			t.Errorf("%d keys, one twice: %v", n, err)
		}
	}
}
