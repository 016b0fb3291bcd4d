package ratelimit

import (
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
	limits "github.com/gatewayhomebrew/gateway/libs/ratelimit"
)

// key finds out what requests are counted by.
type key struct {
	config.RateKey
	table *limits.Table
	// own and clients are the identities of what is counted: by the key, and by the addresses of
	// clients that have no such thing.
	own, clients uint64
	bits         int // of an IPv6 address
}

func newKey(k config.RateKey, bits int, t *limits.Table, identity string) key {
	return key{
		RateKey: k, table: t, bits: bits,
		own: t.Identity(identity + k.String()), clients: t.Identity(identity + "\x00"),
	}
}

// of is the key of a request.
func (k *key) of(r *policy.Request) limits.Key {
	var room [256]byte // most values need no more
	var value []byte
	switch k.Kind {
	case config.KeyClient:
		return k.client(r, k.own)
	case config.KeyRoute:
		return k.table.Key(k.own, nil)
	case config.KeyHeader:
		value, _, _ = http1.FieldValue(room[:0], &r.Head.Head, k.Name)
	case config.KeyCookie:
		value, _ = http1.CookieValue(&r.Head.Head, k.Name)
	case config.KeySubject, config.KeyAPIKey:
		if id := r.Identity; id != nil && (k.Kind == config.KeySubject ||
			id.Kind == config.AuthAPIKey) {
			value = appendSubject(room[:0], id)
		}
	case config.KeyClaim:
		value = claimOf(r, k.Name)
	case config.KeyQuery:
		value, _, _ = http1.QueryValue(room[:0], r.Head.Query, k.Name)
	}
	if len(value) == 0 {
		return k.client(r, k.clients)
	}
	return k.table.Key(k.own, value)
}

// appendSubject appends who an identity is of. Two authenticators may know others by one name.
func appendSubject(dst []byte, id *policy.Identity) []byte {
	if id.Subject == "" {
		return nil
	}
	dst = append(append(dst, id.Kind...), 0)
	dst = append(append(dst, id.Name...), 0)
	return append(dst, id.Subject...)
}

// claimOf is the claim of a name with who says it, since issuers may use the same values. It is in
// the Room.
func claimOf(r *policy.Request, name string) []byte {
	id := r.Identity
	if id == nil || id.Claims == nil {
		return nil
	}
	room := r.Room()
	room.Body = append(append(room.Body[:0], id.Name...), 0)
	begin := len(room.Body)
	if room.Body = id.Claims.AppendClaim(room.Body, name); len(room.Body) == begin {
		return nil
	}
	return room.Body
}

// client is the key of the address that a request comes from. Those without one, as on a unix
// socket, are one client.
func (k *key) client(r *policy.Request, identity uint64) limits.Key {
	a := r.Origin()
	if !a.IsValid() {
		return k.table.Key(identity, nil)
	}
	b := network(a, k.bits)
	return k.table.Key(identity, b[:])
}

// network is the address without what a client of IPv6 chooses itself.
func network(a netip.Addr, bits int) [16]byte {
	b := a.As16()
	if a.Is4() || a.Is4In6() {
		return b
	}
	for i := bits; i < 128; i = i&^7 + 8 {
		b[i/8] &= ^byte(0xff >> (i % 8))
	}
	return b
}
