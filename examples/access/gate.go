package access

import (
	"net/http"
	"net/url"
)

// Gate is a server for forward auth. A client with a cookie "user" may come; the answer has the
// cookie's value in X-User, and X-Plan. All others are sent to a page to sign in, which gets the
// path they want.
func Gate() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := r.Cookie("user")
		if err != nil {
			to := url.QueryEscape(r.Header.Get("X-Forwarded-Uri"))
			w.Header().Set("Location", "/sign-in?to="+to)
			w.WriteHeader(http.StatusFound)
			return
		}
		w.Header().Set("X-User", user.Value)
		w.Header().Set("X-Plan", "gold")
		w.WriteHeader(http.StatusNoContent)
	})
}
