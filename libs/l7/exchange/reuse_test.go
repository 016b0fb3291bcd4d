package exchange

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// Nothing of one request is left for the next: every field of the three values, however
// deep it lies, is filled with garbage. Then a request begins, and the values must be what
// they are in an Exchange that has never served one. The fields are found by reflection, so
// that one which is added is tested too.
func TestNothingOfOneRequestIsLeftForTheNext(t *testing.T) {
	values := func(x *Exchange) []reflect.Value {
		return []reflect.Value{
			reflect.ValueOf(&x.request).Elem(),
			reflect.ValueOf(&x.attempt).Elem(),
			reflect.ValueOf(&x.answer).Elem(),
		}
	}
	s := play(t, answers(ok))
	r := s.request(get)
	fresh := &Exchange{}
	fresh.Prepare(r)

	for _, v := range values(s.x) {
		if n := dirty(t, v); n < 5 {
			t.Fatalf("%s: only %d fields were filled", v.Type(), n)
		}
	}
	s.x.Prepare(r)
	s.x.start = fresh.start // the time of day is theirs
	for i, v := range values(s.x) {
		same(t, v.Type().Name(), v, values(fresh)[i])
	}
}

// What an attempt knew is not known in the next, but for what choose says.
func TestNothingOfOneAttemptIsLeftForTheNext(t *testing.T) {
	s := play(t, answers(ok))
	s.x.Prepare(s.request(get))
	s.x.route = &s.view.Routes[0]
	s.x.target = &s.x.route.Targets[0]
	e := s.x.target.Cluster.Pick()
	s.x.choose(e)
	want := s.x.attempt
	dirty(t, reflect.ValueOf(&s.x.attempt).Elem())
	s.x.choose(e)
	same(t, "attempt", reflect.ValueOf(&s.x.attempt).Elem(), reflect.ValueOf(&want).Elem())
}

// A request is forgotten at its end too: nothing of it is kept alive, and an Exchange that
// waits in the pool has no client.
func TestARequestIsForgottenAtItsEnd(t *testing.T) {
	s := play(t, answers(ok)).with(&toy{transform: &shouter{}})
	s.serve(get)
	for _, v := range []any{s.x.request, s.x.attempt, s.x.answer} {
		if !reflect.ValueOf(v).IsZero() {
			t.Errorf("%T is left: %+v", v, v)
		}
	}
	if s.x.mem.send.Head != nil || s.x.mem.dial.Endpoint != nil {
		t.Error("what was sent and where is left")
	}
}

// A trailer section of one request's body, or of one response's, was once the next one's.
func TestTrailersAreNotTheNextRequests(t *testing.T) {
	first := listens(emptyOK)
	first.traits.Streamed = true
	first.trailer = "a: 1\r\n"
	s := playWith(t, overHTTP2, first)
	s.sends(endsWith("b: 2\r\n", "x"))
	s.serve("PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
	if first.sentTrail != "b: 2\r\n" {
		t.Fatalf("the first endpoint got the trailer %q", first.sentTrail)
	}
	second := listens(emptyOK)
	second.traits.Streamed = true
	second.begin(t)
	s.endpoints = append(s.endpoints, second)
	s.client.reset()
	s.sends(ends("y"))
	s.client.reset()
	s.serve("PUT / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
	if second.sentTrail != "" || string(second.sent) != "y" {
		t.Errorf("the next got %q with the trailer %q", second.sent, second.sentTrail)
	}
	if len(s.client.trailer) > 0 {
		t.Errorf("the client got the trailer %q", s.client.trailer)
	}
}

// dirty fills a value and all that lies in it, and says how many fields that were.
func dirty(t *testing.T, v reflect.Value) (filled int) {
	t.Helper()
	v = reach(v)
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(12345, 678)))
		return 1
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			filled += dirty(t, v.Field(i))
		}
		return filled
	case reflect.Array:
		for i := range v.Len() {
			filled += dirty(t, v.Index(i))
		}
		return filled
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(77)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(77)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(77)
	case reflect.String:
		v.SetString("garbage")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 7, 7))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Func:
		v.Set(reflect.MakeFunc(v.Type(), func([]reflect.Value) []reflect.Value { return nil }))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Chan:
		v.Set(reflect.MakeChan(v.Type(), 1))
	case reflect.Interface:
		v.Set(reflect.ValueOf(filler(t, v.Type())))
	default:
		t.Fatalf("there is no garbage for a field of type %s", v.Type())
	}
	return 1
}

// filler is a value of an interface that a field may have.
func filler(t *testing.T, want reflect.Type) any {
	t.Helper()
	for _, v := range []any{
		&scriptedClient{}, &scriptedEndpoint{}, policy.Transform(&shouter{}), clientGone,
		&onlooker{},
	} {
		if reflect.TypeOf(v).Implements(want) {
			return v
		}
	}
	t.Fatalf("there is no garbage for an interface %s: add a value to this list", want)
	return nil
}

// reach is a field that may be set though it is not exported.
func reach(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// same compares two values field by field. A slice may keep memory, but nothing in it.
func same(t *testing.T, path string, got, want reflect.Value) {
	t.Helper()
	got, want = reach(got), reach(want)
	switch got.Kind() {
	case reflect.Struct:
		if got.Type() == reflect.TypeFor[time.Time]() {
			break
		}
		for i := range got.NumField() {
			same(t, path+"."+got.Type().Field(i).Name, got.Field(i), want.Field(i))
		}
		return
	case reflect.Slice:
		if got.Len() == 0 && want.Len() == 0 {
			return
		}
	case reflect.Func:
		if got.IsNil() && want.IsNil() {
			return
		}
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%s is %v, want %v", path, got, want)
	}
}
