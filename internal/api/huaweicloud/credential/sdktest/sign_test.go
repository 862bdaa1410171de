// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package sdktest compares the signer with that of the vendor's SDK.
package sdktest

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"pgregory.net/rapid"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/credential"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// TestSignAsTheSDK signs whatever requests there may be twice, and compares all headers.
func TestSignAsTheSDK(t *testing.T) {
	t.Parallel()
	segment := rapid.StringMatching(`[^/\\]{1,12}`)
	rapid.Check(t, func(t *rapid.T) {
		method := rapid.SampledFrom([]string{"GET", "POST", "PATCH", "DELETE"}).Draw(t, "method")
		segments := rapid.SliceOfN(segment, 1, 4).Draw(t, "segments")
		query := url.Values(rapid.MapOfN(rapid.StringN(1, 8, -1), rapid.SliceOfN(rapid.String(), 1, 3), 0, 4).Draw(t, "query"))
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		project := rapid.StringMatching(`[0-9a-f]{0,32}`).Draw(t, "project")
		keys := credential.Keys{
			AccessKey: rapid.StringMatching(`[A-Z0-9]{1,20}`).Draw(t, "access key"),
			SecretKey: rapid.StringN(1, 40, -1).Draw(t, "secret key"), SecurityToken: rapid.StringMatching(`[A-Za-z0-9+/=]{0,60}`).Draw(t, "token"),
		}
		at := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "at"), 0)

		plain, escaped := "", ""
		for _, s := range segments {
			plain, escaped = plain+"/"+s, escaped+"/"+rest.Escape(s)
		}
		r := &http.Request{
			Method: method, Header: http.Header{},
			URL: &url.URL{Scheme: "https", Host: "h.example.com", Path: plain, RawPath: escaped, RawQuery: rest.EncodeQuery(query)},
		}
		theirs := request.NewHttpRequestBuilder().WithMethod(method).WithPath(plain).
			AddHeaderParam(sdksigner.HeaderXDate, at.UTC().Format(sdksigner.BasicDateFormat))
		if project != "" {
			r.Header.Set("X-Project-Id", project)
			theirs.AddHeaderParam("X-Project-Id", project)
		}
		if keys.SecurityToken != "" {
			theirs.AddHeaderParam("X-Security-Token", keys.SecurityToken)
		}
		for key, values := range query {
			theirs.AddQueryParam(key, reflect.ValueOf(values))
		}
		if len(body) > 0 {
			theirs.WithBody("", string(body))
		}
		built := theirs.Build()
		want, err := sdksigner.Sign(built, keys.AccessKey, keys.SecretKey)
		if err != nil {
			t.Fatal(err)
		}
		keys.Sign(r, body, at)
		for name, value := range want {
			if got := r.Header.Get(name); got != value {
				t.Errorf("%s: %s, the SDK says %s", name, got, value)
			}
		}
		if !strings.HasPrefix(want["Authorization"], "SDK-HMAC-SHA256 Access=") {
			t.Errorf("the SDK signed nothing: %v", want)
		}
	})
}
