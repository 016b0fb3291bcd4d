package schema

import (
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// A Schema is what values are held against. It does not change, and is used from many goroutines.
type Schema struct {
	// always is 1 where every value passes, -1 where none does.
	always int8
	// kinds are those that pass; whole says that of numbers only integers do.
	kinds Kinds

	ref        *Schema
	dynamic    *dynamicRef
	constant   *options
	enum       *options
	format     *format
	text       *textRules
	number     *numberRules
	array      *arrayRules
	object     *objectRules
	mix        *mixRules
	mapped     *discriminator
	validation bool // the dialect asserts

	// unevaluated says that one of the two keywords of that name stands here.
	unevaluated bool
	// cyclic says that the schema may come to itself without going into the value.
	cyclic bool
	// readOnly and writeOnly are of the schema itself, or of what it refers to.
	readOnly, writeOnly bool

	accepted Kinds // see Accepts
	counted  bool

	home *resource
	node *document.Node
}

// Kinds is a set of kinds of values.
type Kinds uint8

// The kinds, as bits. Integer are the numbers that are whole, for a set without the others.
const (
	NullKind    = Kinds(1) << value.Null
	BoolKind    = Kinds(1) << value.Bool
	NumberKind  = Kinds(1) << value.Number
	StringKind  = Kinds(1) << value.String
	ArrayKind   = Kinds(1) << value.Array
	ObjectKind  = Kinds(1) << value.Object
	IntegerKind = Kinds(1) << 6
	AnyKind     = IntegerKind - 1
)

var kindsByName = map[string]Kinds{
	"null": NullKind, "boolean": BoolKind, "number": NumberKind, "string": StringKind,
	"array": ArrayKind, "object": ObjectKind, "integer": IntegerKind,
}

type textRules struct {
	min, max int // characters; max is -1 for none
	pattern  *pattern
}

type numberRules struct {
	bounds   []bound
	multiple value.Decimal // no digits: none
}

// bound is minimum, maximum, or one that excludes itself.
type bound struct {
	rule string
	at   value.Decimal
	// below and same say whether numbers below the bound pass, and the bound itself.
	below, same bool
}

type arrayRules struct {
	min, max         int // max is -1 for none
	unique           bool
	prefix           []*Schema
	items            *Schema
	contains         *Schema
	least, most      int // that contains is to match; most is -1 for no bound
	unevaluatedItems *Schema
}

type objectRules struct {
	min, max              int // max is -1 for none
	properties            map[string]*property
	required              []string
	want                  [3]uint64 // bits of required, by Direction
	more                  []string  // that are required, and have no bit
	patterns              []patternRule
	additional            *Schema
	names                 *Schema
	dependentRequired     []dependency
	dependentSchemas      []dependency
	unevaluatedProperties *Schema
}

type property struct {
	schema *Schema // nil: it is only required
	bit    uint64  // of objectRules.want, 0 for what is not required
}

type patternRule struct {
	pattern *pattern
	schema  *Schema
}

type dependency struct {
	on       string
	required []string
	schema   *Schema
}

// mixRules are the keywords that put schemas together.
type mixRules struct {
	all, any, one     []*Schema
	not               *Schema
	cond, then, other *Schema
}

// options are values of which one has to be equal.
type options struct {
	trees []*value.Tree
	// texts are those that are strings.
	texts map[string]bool
	kinds Kinds
}

func (o *options) has(t *value.Tree, i uint32) bool {
	k := t.Nodes[i].Kind
	if o.kinds&(1<<k) == 0 {
		return false
	}
	if k == value.String {
		return o.texts[string(t.Text(i))]
	}
	for _, other := range o.trees {
		if value.Equal(t, i, other, 0) {
			return true
		}
	}
	return false
}

type dynamicRef struct {
	to     *Schema
	anchor string    // "" where it is as good as a $ref
	may    []*Schema // where it may lead
}

// Direction is where a value goes, for readOnly and writeOnly.
type Direction uint8

// The directions.
const (
	Neither Direction = iota
	// Request refuses what is readOnly, and does not ask for it.
	Request
	// Response refuses what is writeOnly, and does not ask for it.
	Response
)

// Accepts are the kinds of which a value may pass. A number that only an integer passes for is
// IntegerKind without NumberKind.
func (s *Schema) Accepts() Kinds {
	if s.counted {
		return s.accepted
	}
	return s.accepts(8)
}

// accepts follows schemas to a depth.
func (s *Schema) accepts(depth int) Kinds {
	if s == nil || s.always > 0 {
		return AnyKind
	}
	if s.always < 0 {
		return 0
	}
	k := s.kinds
	if depth == 0 {
		return k
	}
	for _, o := range []*options{s.constant, s.enum} {
		if o != nil {
			k = both(k, o.kinds)
		}
	}
	if s.ref != nil {
		k = both(k, s.ref.accepts(depth-1))
	}
	if s.mix == nil {
		return k
	}
	for _, sub := range s.mix.all {
		k = both(k, sub.accepts(depth-1))
	}
	for _, list := range [][]*Schema{s.mix.any, s.mix.one} {
		if len(list) == 0 {
			continue
		}
		some := Kinds(0)
		for _, sub := range list {
			some |= sub.accepts(depth - 1)
		}
		k = both(k, some)
	}
	return k
}

// both are the kinds in two sets.
func both(a, b Kinds) Kinds {
	k := a & b
	if (a|b)&IntegerKind != 0 && a&(NumberKind|IntegerKind) != 0 &&
		b&(NumberKind|IntegerKind) != 0 {
		if k&NumberKind == 0 {
			k |= IntegerKind
		}
	}
	return k
}

// Item is the schema for an item of an array, nil where the schema says nothing of it.
func (s *Schema) Item(k int) *Schema {
	return s.find(8, func(s *Schema) *Schema {
		switch {
		case s.array == nil:
			return nil
		case k < len(s.array.prefix):
			return s.array.prefix[k]
		}
		return s.array.items
	})
}

// Property is the schema for a member of an object, nil where the schema says nothing of it.
func (s *Schema) Property(name string) *Schema {
	return s.find(8, func(s *Schema) *Schema {
		if s.object == nil {
			return nil
		}
		if p := s.object.properties[name]; p != nil && p.schema != nil {
			return p.schema
		}
		for _, p := range s.object.patterns {
			if p.pattern.match([]byte(name)) {
				return p.schema
			}
		}
		return s.object.additional
	})
}

// Properties are the names that the schema has for members of an object, in no order.
func (s *Schema) Properties() (names []string) {
	s.find(8, func(s *Schema) *Schema {
		if s.object != nil {
			for name, p := range s.object.properties {
				if p.schema != nil {
					names = append(names, name)
				}
			}
		}
		return nil
	})
	return names
}

// find asks the schema, and those that it refers to or is put together of, until one answers.
func (s *Schema) find(depth int, ask func(*Schema) *Schema) *Schema {
	if s == nil || depth == 0 {
		return nil
	}
	if found := ask(s); found != nil {
		return found
	}
	if found := s.ref.find(depth-1, ask); found != nil {
		return found
	}
	if s.mix == nil {
		return nil
	}
	for _, list := range [][]*Schema{s.mix.all, s.mix.one, s.mix.any} {
		for _, sub := range list {
			if found := sub.find(depth-1, ask); found != nil {
				return found
			}
		}
	}
	return nil
}

// Format is the format that the schema names, "" for none.
func (s *Schema) Format() (name string) {
	s.find(8, func(s *Schema) *Schema {
		if s.format != nil && name == "" {
			name = s.format.name
		}
		return nil
	})
	return name
}
