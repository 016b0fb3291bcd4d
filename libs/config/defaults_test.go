package config

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// undecided returns the keys for whose absence nobody has decided anything: the value that stands
// there then breaks the key's own rule, and no file has to set it.
func undecided(v reflect.Value, path string) (keys []string) {
	for _, f := range (tags.Cache{}).Of(v.Type()).List {
		at, value := text.JoinKey(path, f.Key), v.Field(f.Index)
		if code, _, _, _ := check(&f.Rule, value); code != "" && !f.Required {
			keys = append(keys, at)
		}
		t := value.Type()
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice:
			if t = t.Elem(); t.Kind() == reflect.Struct && t != prefixType {
				keys = append(keys, undecided(Fresh(t), at)...)
			}
		case reflect.Struct:
			keys = append(keys, undecided(value, at)...)
		}
	}
	return keys
}

func TestWhatAnAbsentKeyMeansIsDecided(t *testing.T) {
	for _, key := range undecided(Fresh(reflect.TypeFor[Document]()), "") {
		t.Errorf("%s: its zero value breaks its own rule; give it a default in defaults.go, or "+
			"require it", key)
	}
}

func TestAKeyWithoutADefaultIsFound(t *testing.T) {
	type inner struct {
		Mode string `config:"mode,enum=a|b"`
	}
	type outer struct {
		Most     int     `config:"most,min=1"`
		None     int     `config:"none,min=0"`
		Must     int     `config:"must,required,min=1"`
		On       bool    `config:"on"`
		Inner    inner   `config:"inner"`
		Pointed  *inner  `config:"pointed"`
		Repeated []inner `config:"repeated"`
	}
	want := []string{"most", "inner.mode", "pointed.mode", "repeated.mode"}
	if got := undecided(Fresh(reflect.TypeFor[outer]()), ""); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
