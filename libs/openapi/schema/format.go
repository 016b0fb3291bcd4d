package schema

import (
	"math"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/openapi/value"
)

// format is one that is asserted. Values of other kinds pass.
type format struct {
	name   string
	text   func([]byte) bool
	number func([]byte) bool
}

func (f *format) check(t *value.Tree, i uint32) bool {
	switch t.Nodes[i].Kind {
	case value.String:
		return f.text == nil || f.text(t.Text(i))
	case value.Number:
		return f.number == nil || f.number(t.Text(i))
	}
	return true
}

// formats are those of JSON Schema draft 2020-12, and of the OpenAPI registry. Others say nothing
// of a value, nor does binary, which is here for those who ask for its name.
var formats = func() map[string]*format {
	all := map[string]*format{"binary": {name: "binary"}}
	for name, text := range map[string]func([]byte) bool{
		"date-time": isDateTime, "date": isDate, "time": isTime, "duration": isDuration,
		"email": isEmail, "idn-email": isIDNEmail, "hostname": isHostname,
		"idn-hostname": isIDNHostname, "ipv4": isIPv4, "ipv6": isIPv6, "uri": isURI,
		"uri-reference": isURIReference, "iri": isIRI, "iri-reference": isIRIReference,
		"uri-template": isURITemplate, "uuid": isUUID, "json-pointer": isPointer,
		"relative-json-pointer": isRelativePointer, "regex": isRegex, "byte": isBase64,
		"base64url": isBase64URL, "char": isChar,
	} {
		all[name] = &format{name: name, text: text}
	}
	for name, number := range map[string]func([]byte) bool{
		"int8": within(math.MinInt8, math.MaxInt8), "int16": within(math.MinInt16, math.MaxInt16),
		"int32": within(math.MinInt32, math.MaxInt32), "int64": within(math.MinInt64,
			math.MaxInt64),
		"uint8": within(0, math.MaxUint8), "uint16": within(0, math.MaxUint16),
		"uint32": within(0, math.MaxUint32), "uint64": isUint64,
		"float": isFloat(32), "double": isFloat(64),
	} {
		all[name] = &format{name: name, number: number}
	}
	return all
}()

// within takes whole numbers between two.
func within(low, high int64) func([]byte) bool {
	least := value.ParseDecimal(strconv.AppendInt(nil, low, 10), nil)
	most := value.ParseDecimal(strconv.AppendInt(nil, high, 10), nil)
	return func(text []byte) bool {
		var room [64]byte
		d := value.ParseDecimal(text, room[:])
		return d.Whole() && d.Cmp(least) >= 0 && d.Cmp(most) <= 0
	}
}

func isUint64(text []byte) bool {
	var room [64]byte
	d := value.ParseDecimal(text, room[:])
	return d.Whole() && !d.Neg && d.Cmp(value.Decimal{Digits: []byte("18446744073709551616"),
		Exp: 20}) < 0
}

func isFloat(bits int) func([]byte) bool {
	return func(text []byte) bool {
		_, err := strconv.ParseFloat(string(text), bits)
		return err == nil
	}
}
