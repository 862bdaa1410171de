// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"net/http"
	"reflect"
	"time"

	sdksigner "github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/signer"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	headerProject       = "X-Project-Id"
	headerSecurityToken = "X-Security-Token" //nolint:gosec // a name
)

// signer signs requests with SDK-HMAC-SHA256 (vendor guide "Signing API requests"). It adapts the signer of the vendor's SDK to
// net/http. Only headers that this package sets are signed: nobody may alter a signed one, and net/http, proxies and the core add their own.
type signer struct {
	accessKey, secretKey string
	securityToken        string // of temporary keys
	now                  func() time.Time
}

// sign sets the headers that authorize r, whose body is body.
func (s signer) sign(r *http.Request, body []byte) error {
	signed := request.NewHttpRequestBuilder().WithMethod(r.Method).WithPath(r.URL.Path).
		AddHeaderParam(sdksigner.HeaderXDate, s.now().UTC().Format(sdksigner.BasicDateFormat))
	if project := r.Header.Get(headerProject); project != "" {
		signed.AddHeaderParam(headerProject, project)
	}
	if s.securityToken != "" {
		signed.AddHeaderParam(headerSecurityToken, s.securityToken)
	}
	for key, values := range r.URL.Query() {
		signed.AddQueryParam(key, reflect.ValueOf(values)) // the SDK's builder takes nothing else
	}
	if len(body) > 0 {
		signed.WithBody("", string(body))
	}
	built := signed.Build()
	authorization, err := sdksigner.Sign(built, s.accessKey, s.secretKey)
	if err != nil {
		return err
	}
	for name, value := range built.GetHeaderParams() {
		r.Header.Set(name, value)
	}
	r.Header.Set(sdksigner.HeaderAuthorization, authorization[sdksigner.HeaderAuthorization])
	return nil
}

// authorize lets an attempt through the gate and signs it.
func (c *Client) authorize(ctx context.Context, r *http.Request, body []byte) error {
	if err := c.gate.enter(ctx); err != nil {
		return err
	}
	if err := c.signer.sign(r, body); err != nil {
		c.gate.leave(&rest.Error{})
		return err
	}
	return nil
}
