package config

import (
	"reflect"
	"slices"
	"testing"
)

func TestNoTextIsLeftWhenItsKeyIsGone(t *testing.T) {
	if _, unused := collectTexts(reflect.TypeFor[Document]()); len(unused) > 0 {
		t.Errorf("texts of no key: %q", unused)
	}
}

// pair holds one struct twice, and says otherwise of the second.
type pair struct {
	First  half   `config:"first"`
	Second []half `config:"second"`
}

func (pair) keyTexts() texts {
	return texts{"first": "The first.", "second": "Others.", "second[].on": "There.",
		"gone": "Left."}
}

type half struct {
	On  bool `config:"on"`
	Off bool `config:"off"`
}

func (half) keyTexts() texts { return texts{"on": "Here.", "off": "Both.", "off.more": "Left."} }

func TestTextsOfWhatStandsInTwoPlaces(t *testing.T) {
	found, unused := collectTexts(reflect.TypeFor[pair]())
	want := map[string]string{
		"first": "The first.", "first.on": "Here.", "first.off": "Both.",
		"second": "Others.", "second[].on": "There.", "second[].off": "Both.",
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
	slices.Sort(unused)
	if want := []string{"half off.more", "pair gone"}; !slices.Equal(unused, want) {
		t.Errorf("unused %q, want %q", unused, want)
	}
}
