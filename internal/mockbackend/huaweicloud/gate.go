// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

const (
	// maxBodyBytes and maxURIBytes are the gateway's limits for signed requests.
	maxBodyBytes = 12 << 20
	maxURIBytes  = 32 << 10
	// lockFailures in a row lock a key pair for lockTime.
	lockFailures = 5
	lockTime     = 5 * time.Minute
	// quotaWindow is the time in which a quota counts.
	quotaWindow = time.Minute
)

// kind is which quota a request counts against.
type kind int

const (
	unlimited kind = iota
	read
	write
)

// keyState is what the gateway remembers of a key pair.
type keyState struct {
	failures    int
	lockedUntil time.Time
	window      [3][]time.Time
}

// gate is the gateway: it lets a request through to h when its size, signature, project and rate
// are right.
func (b *Backend) gate(operation string, k kind, projectID string, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", newRequestID())
		if k == unlimited { // IAM correlates by a header of its own
			w.Header().Set("X-Iam-Trace-Id", w.Header().Get("X-Request-Id"))
		}
		switch {
		case len(wire.Body(r)) > maxBodyBytes:
			refuse(w, r, errTooLarge, "body of %d bytes", len(wire.Body(r)))
			return
		case len(r.RequestURI) > maxURIBytes:
			refuse(w, r, errURITooLong, "URI of %d bytes", len(r.RequestURI))
			return
		}
		credential, e := b.authenticate(r)
		if e != nil {
			// The canonical request holds the security token: the answer shows it, as the real one
			// does, the log doesn't.
			why, _, _ := strings.Cut(e.msg, ", canonicalRequest:")
			refuse(w, r, *e, "not authenticated: %s", why)
			return
		}
		if k != unlimited {
			if e := b.checkProject(r, projectID); e != nil {
				refuse(w, r, *e, "%s", e.msg)
				return
			}
			if limit, wait := b.throttle(credential.AccessKey, k); limit > 0 {
				if b.Switches().RetryAfter == RetryAfterSent {
					w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
				}
				fail(w, errThrottled(limit))
				return
			}
		}
		if slices.Contains(credential.Deny, operation) {
			fail(w, errForbidden)
			return
		}
		if fault, ok := wire.ServiceFault(r); ok && b.playFault(fault, operation, w, r) {
			return
		}
		h(w, r)
	}
}

// authenticate verifies the signature with the headers that the client says it signed.
func (b *Backend) authenticate(r *http.Request) (Credential, *apiError) {
	a, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return Credential{}, new(errAuthentication(err.Error()))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	credential, ok := b.credentials[a.accessKey]
	if !ok {
		return Credential{}, new(errAuthentication("Get secretKey failed,ak:" + a.accessKey + ",err:ak not exist"))
	}
	now := b.svc.Time()
	key := b.keyState(a.accessKey)
	if now.Before(key.lockedUntil) {
		return Credential{}, new(errAuthentication("AK access failed to reach the limit,forbidden."))
	}
	if b.ended(a.accessKey, now) {
		return Credential{}, new(errAuthentication("security token is expired"))
	}
	if what := verify(r, a, credential, now); what != "" {
		key.failures++
		if key.failures >= lockFailures {
			key.failures, key.lockedUntil = 0, now.Add(lockTime)
		}
		return Credential{}, new(errAuthentication(what))
	}
	key.failures = 0
	return credential, nil
}

// keyState returns the memory of a key pair; the caller holds b.mu.
func (b *Backend) keyState(accessKey string) *keyState {
	s, ok := b.keys[accessKey]
	if !ok {
		s = &keyState{}
		b.keys[accessKey] = s
	}
	return s
}

// verify returns what is wrong with a signature, in the gateway's words, or "".
func verify(r *http.Request, a authorization, credential Credential, now time.Time) string {
	date := r.Header.Get("X-Sdk-Date")
	signed, err := time.Parse(dateLayout, date)
	if err != nil {
		return "calc aksk signature fail:X-Sdk-Date is not of the form " + dateLayout
	}
	if skew := now.Sub(signed).Abs(); skew > maxSkew {
		return "calc aksk signature fail:signature expired, signature time:" + date + ",server time:" + now.UTC().Format(dateLayout)
	}
	if r.Header.Get("X-Security-Token") != credential.SecurityToken {
		return "decrypt token fail"
	}
	hash := hexHash(wire.Body(r))
	switch declared := r.Header.Get("X-Sdk-Content-Sha256"); declared {
	case "", hash:
	case unsignedPayload:
		return "verify aksk signature fail, the payload of a JSON API must be signed"
	default:
		return "verify aksk signature fail, X-Sdk-Content-Sha256 is not the hash of the body"
	}
	canonical, err := canonicalRequest(r, a.signed, hash)
	if err != nil {
		return "verify aksk signature fail, " + err.Error()
	}
	if sign(credential.SecretKey, date, canonical) != a.signature {
		return "verify aksk signature fail, canonicalRequest:" + barred(canonical)
	}
	return ""
}

// barred shows a canonical request as the gateway does, with line ends as bars.
func barred(canonical string) string {
	text := []byte(canonical)
	for i, c := range text {
		if c == '\n' {
			text[i] = '|'
		}
	}
	return string(text)
}

// checkProject compares the project of the header and of the path with those of the seed.
func (b *Backend) checkProject(r *http.Request, projectID string) *apiError {
	switch header := r.Header.Get("X-Project-Id"); {
	case header == "":
		return &errNoProjectID
	case header != projectID:
		return &errProject
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.ContainsFunc(b.projects, func(p Project) bool { return p.ID == projectID }) {
		return &errNoProject
	}
	return nil
}

// throttle counts a request. When the quota is used up it returns the quota and how long it stays
// so.
func (b *Backend) throttle(accessKey string, k kind) (limit int, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	limit = b.quota[k]
	if limit <= 0 {
		return 0, 0
	}
	now := b.svc.Time()
	key := b.keyState(accessKey)
	window := key.window[k]
	old := 0
	for old < len(window) && now.Sub(window[old]) >= quotaWindow {
		old++
	}
	window = window[old:]
	if len(window) >= limit {
		key.window[k] = window
		return limit, quotaWindow - now.Sub(window[0])
	}
	key.window[k] = append(window, now)
	return 0, 0
}
