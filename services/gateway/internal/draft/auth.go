package draft

import (
	"reflect"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Auth adds an entry to a list of auth, such as forward, and returns its name, which begins with a
// text. One that is equal to another is there once.
func (d *Draft) Auth(list, text string, entry Map) (name string) {
	auth, _ := d.Top.Get("auth").(Map)
	all, _ := auth.Get(list).([]Map)
	for _, m := range all {
		if reflect.DeepEqual(m[1:], entry) {
			return m[0].Value.(string)
		}
	}
	name = d.Name("auth."+list, text)
	auth = auth.Clone()
	auth.Put(list, append(all[:len(all):len(all)], append(Map{{"name", name}}, entry...)))
	d.Top.Put("auth", auth)
	return name
}

// OnlySomePass says how a server of auth.forward differs from those of others.
const OnlySomePass = "the server is told the fields of `auth.forward[].pass` (Accept, " +
	"Authorization, Cookie, User-Agent and X-Requested-With), and not all that the client sends"

// Copied are the names of fields that a server's answer may bring to endpoints, and those that it
// may not.
func Copied(names []string) (copied, refused []string) {
	for _, n := range names {
		lower := strings.ToLower(n)
		if lower == "host" || config.FieldName(lower, true, config.EditSet) != "" {
			refused = append(refused, n)
		} else {
			copied = append(copied, n)
		}
	}
	return copied, refused
}
