package bodylimit

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func TestARouteWithoutALimitHasNoPolicy(t *testing.T) {
	if p, err := New(&config.Route{}); p != nil || err != nil {
		t.Errorf("it has %v, %v", p, err)
	}
}

func TestTheAnnouncedLengthIsJudgedByTheHead(t *testing.T) {
	p := &Policy{most: 10}
	for _, tc := range []struct {
		length int64
		call   *policy.Call
		passes bool
	}{
		{-1, nil, true}, {0, nil, true}, {10, nil, true}, {11, nil, false},
		{11, new(policy.Call), true}, // its messages are bounded, not the stream of them
	} {
		a := p.OnRequest(&policy.Request{
			Head: &http1.RequestHead{ContentLength: tc.length}, Call: tc.call,
		})
		if passes := a == nil; passes != tc.passes {
			t.Errorf("a length of %d, call %v: %+v", tc.length, tc.call, a)
		}
	}
}

func TestABodyIsRefusedAsSoonAsItIsTooLong(t *testing.T) {
	p := &Policy{most: 10}
	for _, tc := range []struct {
		offset, ahead int64
		data          string
		passes        bool
	}{
		{0, 0, "", true}, {0, 0, "0123456789", true}, {0, 0, "0123456789a", false},
		{10, 0, "", true}, {10, 0, "a", false},
		{0, 11, "", false}, {4, 3, "abc", true}, {4, 4, "abc", false}, // announced by a chunk
	} {
		a := p.OnBody(&policy.Request{}, policy.Piece{
			Data: []byte(tc.data), Offset: tc.offset, Ahead: tc.ahead,
		})
		if passes := a == nil; passes != tc.passes {
			t.Errorf("%q at %d with %d ahead: %+v", tc.data, tc.offset, tc.ahead, a)
		}
	}
}

func TestEachMessageOfACallIsBounded(t *testing.T) {
	p, r := &Policy{most: 10}, &policy.Request{Call: new(policy.Call)}
	for i, tc := range []struct {
		data   string
		passes bool
	}{
		{"\x00\x00\x00\x00\x0a0123456789\x00\x00\x00", true},
		{"\x00\x0a0123456789", true}, // more than 10 bytes by now, in two messages
		{"\x00\x00\x00\x00\x0b", false},
	} {
		a := p.OnBody(r, policy.Piece{Data: []byte(tc.data), Offset: int64(100 * i)})
		if passes := a == nil; passes != tc.passes {
			t.Errorf("piece %d: %+v", i, a)
		}
	}
}
