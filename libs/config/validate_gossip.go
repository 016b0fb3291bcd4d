package config

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/netip"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
)

// gossip checks that nobody who can reach the address of a node can tell it what to think of
// endpoints.
func (v *validator) gossip() {
	g := v.doc.Gossip
	if g == nil {
		return
	}
	host, _, err := splitAddress(v.value(g.Bind))
	if err != nil {
		v.wrong("gossip.bind", CodeAddress, g.Bind, err, "write host:port, such as 10.0.0.5:7946")
	}
	ip, isIP := netip.ParseAddr(host)
	if err == nil && g.Key == "" && !hostname.Loopback(host) &&
		!v.damaged["gossip.bind"] {
		v.add("gossip.key", CodeMissing,
			"without a key anybody who reaches "+text.Quote(g.Bind)+
				" could take weight from endpoints",
			"make one with: openssl rand -base64 32; only a bind on loopback needs none")
	}
	if g.Advertise != "" {
		v.nodeAddress("gossip.advertise", g.Advertise)
	} else if isIP == nil && ip.Is6() && ip.IsUnspecified() {
		v.add("gossip.advertise", CodeMissing,
			"other nodes can't be told to call "+text.Quote(g.Bind),
			"write the host:port that they reach this one at")
	}
	if len(g.Name) > maxNode {
		v.add("gossip.name", CodeValue, "the name has more than 128 bytes", "")
	}
	for i, address := range g.Join {
		if v.full() {
			return
		}
		v.nodeAddress(text.JoinIndex("gossip.join", i), address)
	}
	v.voters(g)
	if g.Key != "" {
		v.gossipKey("gossip.key", g.Key)
	} else if len(g.AcceptKeys) > 0 {
		v.add("gossip.accept_keys", CodeConflict, "keys to accept without one to send with",
			"set gossip.key")
	}
	for i, key := range g.AcceptKeys {
		if v.full() {
			return
		}
		v.gossipKey(text.JoinIndex("gossip.accept_keys", i), key)
	}
}

// maxNode is the longest name of a node, in bytes.
const maxNode = 128

// nodeAddress checks an address that other nodes are called at.
func (v *validator) nodeAddress(path, value string) {
	host, port, err := splitAddress(v.value(value))
	if ip, isIP := netip.ParseAddr(host); err == nil && (host == "" || isIP == nil &&
		ip.IsUnspecified()) {
		err = errors.New("names no host to call")
	}
	if err == nil && port == 0 {
		err = errors.New("has the port 0, and nobody can be called there")
	}
	if err != nil {
		v.wrong(path, CodeAddress, value, err, "write host:port, such as edge-2.internal:7946")
	}
}

// gossipKey checks a key. What is wrong with it is not shown: it may be near to the real one.
func (v *validator) gossipKey(path, value string) {
	if GossipKey(v.value(value)) != nil {
		return
	}
	const hint = "make one with: openssl rand -base64 32"
	if isSecret(value) {
		v.wrong(path, CodeValue, value, nil, hint)
		return
	}
	v.add(path, CodeValue, "the key is not 16, 24 or 32 bytes in base64 or hexadecimal", hint)
}

// GossipKey returns the bytes of a key that value stands for, nil if it is none. Text that is
// hexadecimal is taken for that.
func GossipKey(value string) []byte {
	for _, decode := range [...]func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(value); err == nil && (len(key) == 16 || len(key) == 24 ||
			len(key) == 32) {
			return key
		}
	}
	return nil
}

// GossipShown is what stands for the address at which others reach this node, where the document
// has gossip: the reference if it is a secret, "" if it is none.
func (d *Document) GossipShown() string {
	for _, address := range []string{d.Gossip.Advertise, d.Gossip.Bind} {
		if isSecret(address) {
			return address
		}
	}
	return ""
}

// GossipJoin are the addresses of other nodes, where the document has gossip.
func (d *Document) GossipJoin() (join []string) {
	for _, address := range d.Gossip.Join {
		join = append(join, d.Secret(address))
	}
	return join
}

// GossipKeys are the keys of the ring, the one that encrypts first. Validation has let only what is
// a key through.
func (d *Document) GossipKeys() (keys [][]byte) {
	for _, value := range append([]string{d.Gossip.Key}, d.Gossip.AcceptKeys...) {
		if key := GossipKey(d.Secret(value)); key != nil {
			keys = append(keys, key)
		}
	}
	return keys
}
