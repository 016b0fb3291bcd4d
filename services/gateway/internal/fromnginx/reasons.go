package fromnginx

import "strings"

// unsaid notes the directives that nothing was said of and that nothing was made of.
func (im *importer) unsaid(list []*directive) {
	for _, d := range list {
		switch {
		case im.skipped[d]:
			continue
		case mapped(d.name):
		case meaningless(d.name):
			im.draft.Meaningless(d.Place, d.name)
			continue
		default:
			im.draft.LeftOut(d.Place, d.text(), reason(d.name))
			continue
		}
		switch d.name {
		case "map", "upstream", "if", "types":
			continue // what is in them was looked at, or is no directive
		}
		im.unsaid(d.block)
	}
}

// mapped says whether a directive is looked at by this package, which notes what it can't map.
func mapped(name string) bool {
	switch name {
	case "http", "stream", "server", "location", "upstream", "map", "if", "types", "include",
		"listen", "server_name", "return", "rewrite", "set", "break",
		"proxy_pass", "grpc_pass", "proxy_set_header", "grpc_set_header", "proxy_hide_header",
		"add_header", "expires", "default_type", "error_page", "proxy_intercept_errors",
		"client_max_body_size", "client_header_timeout", "client_body_timeout",
		"keepalive_timeout", "large_client_header_buffers", "underscores_in_headers",
		"merge_slashes", "proxy_read_timeout", "proxy_connect_timeout", "proxy_timeout",
		"grpc_read_timeout", "grpc_connect_timeout", "proxy_next_upstream",
		"proxy_next_upstream_tries", "gzip", "gzip_types", "gzip_min_length", "mirror",
		"mirror_request_body",
		"allow", "deny", "auth_basic", "auth_request", "auth_request_set",
		"auth_jwt", "auth_oidc", "auth_pam",
		"auth_digest", "secure_link", "js_access", "perl", "access_by_lua_block",
		"access_by_lua_file", "limit_except", "set_real_ip_from", "real_ip_header",
		"ssl", "ssl_certificate", "ssl_certificate_key", "ssl_protocols", "ssl_verify_client",
		"ssl_client_certificate", "ssl_trusted_certificate", "ssl_stapling_file", "ssl_preread",
		"proxy_ssl", "proxy_ssl_verify", "proxy_ssl_trusted_certificate", "proxy_ssl_certificate",
		"proxy_ssl_certificate_key", "proxy_ssl_name", "grpc_ssl_verify",
		"grpc_ssl_trusted_certificate", "grpc_ssl_certificate", "grpc_ssl_certificate_key",
		"grpc_ssl_name", "proxy_protocol", "root", "alias", "index", "try_files", "autoindex",
		"http2", "auth_basic_user_file", "internal", "limit_req", "limit_req_zone",
		"limit_conn", "limit_conn_zone":
		return true
	}
	return false
}

// meaningless says whether this gateway needs no such setting: it does the thing by itself, or has
// nothing that the setting is about.
func meaningless(name string) bool {
	switch name {
	case "user", "worker_processes", "worker_rlimit_nofile", "worker_cpu_affinity",
		"worker_priority", "worker_shutdown_timeout", "pid", "events", "daemon", "error_log",
		"load_module", "pcre_jit", "thread_pool", "timer_resolution", "env", "lock_file",
		"sendfile", "tcp_nopush", "tcp_nodelay", "aio", "directio", "output_buffers",
		"types_hash_max_size", "types_hash_bucket_size", "server_names_hash_bucket_size",
		"server_names_hash_max_size", "variables_hash_max_size", "variables_hash_bucket_size",
		"map_hash_bucket_size", "map_hash_max_size", "proxy_headers_hash_max_size",
		"proxy_headers_hash_bucket_size", "server_tokens", "charset", "reset_timedout_connection",
		"send_timeout", "keepalive_requests", "keepalive_disable", "client_body_buffer_size",
		"client_header_buffer_size", "client_body_temp_path", "client_body_in_file_only",
		"proxy_buffering", "proxy_buffers", "proxy_buffer_size", "proxy_busy_buffers_size",
		"proxy_request_buffering", "proxy_max_temp_file_size", "proxy_temp_path",
		"proxy_temp_file_write_size", "proxy_http_version", "proxy_socket_keepalive",
		"proxy_pass_header", "proxy_ignore_headers", "proxy_headers_hash", "resolver",
		"resolver_timeout", "ssl_session_cache", "ssl_session_timeout", "ssl_session_tickets",
		"ssl_prefer_server_ciphers", "ssl_ecdh_curve", "ssl_dhparam", "ssl_buffer_size",
		"ssl_stapling", "ssl_stapling_verify", "ssl_early_data", "proxy_ssl_server_name",
		"proxy_ssl_session_reuse", "proxy_ssl_protocols", "gzip_vary", "gzip_proxied",
		"gzip_comp_level", "gzip_buffers", "gzip_http_version", "gzip_disable", "access_log",
		"log_format", "log_not_found", "log_subrequest", "open_file_cache",
		"open_file_cache_valid", "open_file_cache_min_uses", "open_file_cache_errors",
		"http2_max_concurrent_streams", "http2_recv_buffer_size", "http2_body_preread_size",
		"uninitialized_variable_warn", "rewrite_log", "port_in_redirect", "absolute_redirect",
		"server_name_in_redirect", "recursive_error_pages", "etag", "real_ip_recursive",
		"preread_timeout", "preread_buffer_size", "tcp_user_timeout", "lingering_close",
		"lingering_time", "lingering_timeout", "postpone_output", "msie_padding",
		"ssl_verify_depth", "max_ranges", "proxy_ssl_verify_depth", "fastcgi_buffers",
		"fastcgi_buffer_size", "ignore_invalid_headers", "zone":
		return true
	}
	return false
}

// reason says why a directive is left out.
func reason(name string) string {
	switch name {
	case "sub_filter", "sub_filter_once", "sub_filter_types", "sub_filter_last_modified",
		"add_before_body", "add_after_body", "ssi", "image_filter", "xslt_stylesheet":
		return "this gateway does not change bodies"
	case "limit_req_status", "limit_conn_status":
		return "what is over a rate gets 429, and what is over a number in flight 503"
	case "limit_req_log_level", "limit_conn_log_level", "limit_req_dry_run",
		"limit_conn_dry_run":
		return "the access log has what is refused, and limits always count"
	case "limit_rate", "limit_rate_after", "proxy_limit_rate":
		return "this gateway does not slow answers down"
	case "satisfy":
		return "a route asks for all that it has; where passwords are left out, it is closed"
	case "ssl_ciphers", "proxy_ssl_ciphers", "ssl_conf_command":
		return "the gateway has a list of its own (AEAD with ECDHE); `tls.ciphers` changes it, " +
			"with the names of IANA"
	case "ssl_reject_handshake":
		return "names without a certificate get the first one here"
	case "ssl_crl", "ssl_ocsp":
		return "revocation of clients' certificates is not looked at"
	case "proxy_redirect":
		return "Location fields of endpoints go on as they are"
	case "proxy_cookie_path", "proxy_cookie_domain", "proxy_cookie_flags":
		return "cookies of endpoints go on as they are"
	case "proxy_set_body", "proxy_method", "proxy_pass_request_body",
		"proxy_pass_request_headers":
		return "requests go on with their own method, fields and body"
	case "proxy_bind":
		return "the system chooses the address that connections to endpoints come from"
	case "proxy_send_timeout", "grpc_send_timeout":
		return "`timeouts.body_idle` is for both directions; proxy_read_timeout sets it"
	case "proxy_next_upstream_timeout":
		return "`retry` has a number of attempts and a budget, and no time"
	case "valid_referers":
		return "this gateway has no condition about referers; `when.headers` can have one"
	case "geo", "geoip_country", "geoip2", "split_clients":
		return "this gateway has no such variables; `split` shares by weight, `when.clients` is " +
			"for addresses"
	case "gzip_static", "gunzip", "brotli", "brotli_types", "brotli_comp_level", "zstd":
		return "only gzip is read from nginx; `compress` has other algorithms"
	case "health_check", "match":
		return "active checks are `clusters[].health.active` here"
	case "auth_basic_user_file":
		return passwordsByHand
	case "error_page":
		return "an error page is a file here"
	case "resolver":
		return "names are asked for again by themselves"
	}
	for prefix, why := range map[string]string{
		"proxy_cache": "this gateway has no cache",
		"fastcgi_":    "this gateway does not speak FastCGI",
		"uwsgi_":      "this gateway does not speak uwsgi",
		"scgi_":       "this gateway does not speak SCGI",
		"memcached_":  "this gateway does not speak memcached",
		"lua_":        "this gateway runs no scripts",
		"js_":         "this gateway runs no scripts",
		"perl_":       "this gateway runs no scripts",
		"mail":        "this gateway is none for mail",
		"quic_":       "this gateway has no HTTP/3",
		"http3":       "this gateway has no HTTP/3",
		"dav_":        "this gateway serves no files",
		"autoindex_":  "this gateway serves no files",
		"proxy_store": "this gateway stores nothing",
		"slice":       "this gateway has no cache",
	} {
		if strings.HasPrefix(name, prefix) {
			return why
		}
	}
	if strings.Contains(name, "_by_lua") {
		return "this gateway runs no scripts"
	}
	return "this gateway has no such setting"
}
