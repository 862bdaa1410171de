// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// reference is the vendor's guide "Signing API requests" in plain steps, apart from Sign: the
// canonical request, and the signature.
func reference(r *http.Request, body []byte, signed []string, secretKey string) (canonical, signature string) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			panic(err)
		}
		segments[i] = rest.Escape(plain)
	}
	path := strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
	var pairs []string
	query := r.URL.Query()
	for _, k := range slices.Sorted(maps.Keys(query)) {
		for _, v := range slices.Sorted(slices.Values(query[k])) {
			pairs = append(pairs, rest.Escape(k)+"="+rest.Escape(v))
		}
	}
	headers := ""
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers += name + ":" + strings.TrimSpace(value) + "\n"
	}
	hash := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	canonical = strings.Join([]string{r.Method, path, strings.Join(pairs, "&"), headers, strings.Join(signed, ";"), hash(body)}, "\n")
	mac := hmac.New(sha256.New, []byte(secretKey))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + r.Header.Get("X-Sdk-Date") + "\n" + hash([]byte(canonical))))
	return hash([]byte(canonical)), hex.EncodeToString(mac.Sum(nil))
}

const pid = "2b31ed520xxxxxxebedb6e57xxxxxxxx"

// vectors are the known signatures: the first is the official example, the second the SDK's own
// test.
var vectors = []struct {
	name                string
	accessKey, secret   string
	method, path, query string
	header              http.Header
	body, date          string
	signed              []string
	canonical, want     string
}{
	{
		name: "1, official", accessKey: "QTWAOYTTINDUT2QVKYUC", secret: "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc", method: "GET",
		path: "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs", query: "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
		header: http.Header{"Content-Type": {"application/json"}}, date: "20191115T033655Z", signed: []string{"content-type", "host", "x-sdk-date"},
		canonical: "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a",
		want:      "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe",
	},
	{
		name: "2, the SDK's", method: "GET", path: "/path", query: "limit=1", date: "20060102T150405Z", signed: []string{"x-sdk-date"},
		canonical: "85c3b7730f308aee452b16138a42a914397e43a8f0d732dfa521c0ef2afa98a4",
		want:      "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624",
	},
	{
		name: "3, a page of authorizations", method: "GET", path: "/v1/" + pid + "/app-center/apps/3f791197-d166-4c8e-81e4-38c40ffc1989/authorizations",
		query: "limit=100&offset=0", header: http.Header{"X-Project-Id": {pid}}, signed: []string{"x-project-id", "x-sdk-date"},
		canonical: "a300bb4acf3c0c2a38b3d069dabcf145b13a0f9d2f664d933fb6d5bbbd6d6f22",
		want:      "25cf290a0b12d376a7bf73d492c8889f2c6a7144431d07a341ae2a850ed7a671",
	},
	{
		name: "4, a name to escape and a temporary key", method: "GET", path: "/v1/" + pid + "/app-center/apps",
		query:  "limit=100&name=" + rest.Escape("一 (&=?!#%.*)") + "&offset=0",
		header: http.Header{"X-Project-Id": {pid}, "X-Security-Token": {"tok"}}, signed: []string{"x-project-id", "x-sdk-date", "x-security-token"},
		canonical: "7065e9fb6ac2c97b7b667153228178acbcb8df25ae92bd4cd6fe19b19b2144fd",
		want:      "64db883151c4fd6c4b05c94571e67902b97647ae3edc4de69a95274274409795",
	},
	{
		name: "5, a write", method: "POST", path: "/v1/" + pid + "/app-center/apps/actions/batch-assign-authorization",
		header: http.Header{"X-Project-Id": {pid}, "Content-Type": {"application/json"}}, signed: []string{"x-project-id", "x-sdk-date"},
		body: `{"app_ids":["3f791197-d166-4c8e-81e4-38c40ffc1989"],"authorization_type":"ASSIGN_USER",` +
			`"users":[{"account":"zhangsan","account_type":"SIMPLE","platform_type":"LOCAL"}]}`,
		canonical: "4b981646edf790c24a3a9aa486f3e913e1fa94c452742bdc8282cb4f836650c4",
		want:      "2cea4593e550c65c78ae8527f5ad1f617c1a5c257437cdd5888c560165bcf129",
	},
	{
		name: "6, the project", method: "GET", path: "/v3/projects", query: "name=cn-north-4", signed: []string{"x-sdk-date"},
		canonical: "34c5f7f7a6290d8f1d66480f641f31f1d6a8ae7493811fb6a0683e573e32e72e",
		want:      "65e1dfaa81b27ea1543fe39ed99b23ed1b893a360356ef1ed78ae3efed4fe2fd",
	},
}

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for i, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			if v.accessKey == "" {
				v.accessKey, v.secret = "AccessKey", "SecretKey"
			}
			if v.date == "" {
				v.date = "20260102T030405Z"
			}
			r, err := http.NewRequestWithContext(t.Context(), v.method, "https://service.region.example.com"+v.path+"?"+v.query, bytes.NewReader([]byte(v.body)))
			if err != nil {
				t.Fatal(err)
			}
			if v.header != nil {
				r.Header = v.header.Clone()
			}
			r.Header.Set("X-Sdk-Date", v.date)
			if canonical, signature := reference(r, []byte(v.body), v.signed, v.secret); canonical != v.canonical || signature != v.want {
				t.Fatalf("reference: canonical request %s, signature %s", canonical, signature)
			}
			if i == 0 {
				return // signs Content-Type and Host, which this client leaves to others: only the reference can be checked by it
			}
			at, err := time.Parse("20060102T150405Z", v.date)
			if err != nil {
				t.Fatal(err)
			}
			// What isn't signed changes nothing.
			r.Header.Del("X-Sdk-Date")
			r.Header.Set("User-Agent", "anything")
			r.Header.Set("Accept", "application/json")
			Keys{AccessKey: v.accessKey, SecretKey: v.secret, SecurityToken: v.header.Get("X-Security-Token")}.Sign(r, []byte(v.body), at)
			want := "SDK-HMAC-SHA256 Access=" + v.accessKey + ", SignedHeaders=" + strings.Join(v.signed, ";") + ", Signature=" + v.want
			if diff := cmp.Diff(want, r.Header.Get("Authorization")); diff != "" {
				t.Error(diff)
			}
			if r.Header.Get("X-Sdk-Date") != v.date {
				t.Errorf("X-Sdk-Date: %s", r.Header.Get("X-Sdk-Date"))
			}
		})
	}
}

// FuzzSign compares the signature with the reference, as the service computes it from what is on
// the wire.
func FuzzSign(f *testing.F) {
	f.Add("id", "一 (&=?!#%.*)", "+", `{"a":1}`, "SK", "tok")
	f.Add("{project_id}", "", "a=b&c", "", "", "")
	f.Add("%41~", "\xff", "x", "\x00", "ä", " pad ")
	f.Add("a/b", "", "", "", "x", "")
	f.Fuzz(func(t *testing.T, segment, name, extra, body, secret, token string) {
		if segment == "" || strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		u := url.URL{Scheme: "https", Host: "h", Path: "/v1/" + segment, RawPath: "/v1/" + rest.Escape(segment)}
		u.RawQuery = rest.EncodeQuery(url.Values{"name": {name}, "limit": {"100"}, extra: {extra}})
		r := &http.Request{Method: "POST", URL: &u, Host: "h", Header: http.Header{"X-Project-Id": {pid}}}
		Keys{AccessKey: "AK", SecretKey: secret, SecurityToken: token}.Sign(r, []byte(body), time.Now())
		signed := []string{"x-project-id", "x-sdk-date"}
		if token != "" {
			signed = append(signed, "x-security-token")
		}
		// As it arrives.
		onWire, err := url.ParseRequestURI(u.RequestURI())
		if err != nil {
			t.Fatal(err)
		}
		r.URL = onWire
		_, signature := reference(r, []byte(body), signed, secret)
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, "SignedHeaders="+strings.Join(signed, ";")+", Signature="+signature) {
			t.Fatalf("%s, the reference says %s", got, signature)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	keys := Keys{AccessKey: "AccessKey", SecretKey: "SecretKey"}
	u, err := url.Parse("https://h.example.com/v1/" + pid + "/app-center/apps/3f791197-d166-4c8e-81e4-38c40ffc1989/authorizations?limit=100&offset=0")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := &http.Request{Method: "GET", URL: u, Header: http.Header{"X-Project-Id": {pid}}}
		keys.Sign(r, nil, time.Now())
	}
}
