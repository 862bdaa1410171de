// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// apiError is an error answer. Errors of the gateway in front of the service carry the request id
// in their body too.
type apiError struct {
	status    int
	code, msg string
	gateway   bool
}

// Source: vendor pages "Error Codes" of Workspace and of API Gateway.
var (
	errAppNotFound  = apiError{status: http.StatusNotFound, code: "WKS.00211902", msg: "The application does not exist"}
	errNotFound     = apiError{status: http.StatusNotFound, code: "WKS.00000404", msg: "The requested resource does not exist."}
	errForbidden    = apiError{status: http.StatusForbidden, code: "WKS.00081102", msg: "User does not have permission to access this resource."}
	errMethod       = apiError{status: http.StatusMethodNotAllowed, code: "WKS.00000405", msg: "The method specified in the request is not allowed for this resource."}
	errFailed       = apiError{status: http.StatusInternalServerError, code: "WKS.00211401", msg: "The requested operation failed. Please try again later."}
	errUnavailable  = apiError{status: http.StatusServiceUnavailable, code: "WKS.00050902", msg: "The service is now unavailable to process the request."}
	errBody         = apiError{status: http.StatusBadRequest, code: "WKS.00139901", msg: "The request message is invalid."}
	errTooManyApps  = apiError{status: http.StatusBadRequest, code: "WKS.00211102", msg: "The number of applications exceeds the limit, limit:'20'."}
	errUnknownUser  = apiError{status: http.StatusBadRequest, code: "WKS.00170312", msg: "The user does not exist."}
	errUnknownGroup = apiError{status: http.StatusBadRequest, code: "WKS.00170208", msg: "The user group does not exist."}
	errNoAPI        = apiError{status: http.StatusNotFound, code: "APIGW.0101", msg: "The API does not exist or has not been published in the environment.", gateway: true}
	errTooLarge     = apiError{status: http.StatusRequestEntityTooLarge, code: "APIGW.0201", msg: "Request entity too large.", gateway: true}
	errURITooLong   = apiError{status: http.StatusRequestURITooLong, code: "APIGW.0201", msg: "Request URI too long.", gateway: true}
	errNoProjectID  = apiError{status: http.StatusBadRequest, code: "APIGW.0201", msg: "The request lacks the header X-Project-Id.", gateway: true}
	errProject      = apiError{status: http.StatusForbidden, code: "APIGW.0302", msg: "Incorrect IAM authentication information: the project of the header and of the path differ.", gateway: true}
	errNoProject    = apiError{status: http.StatusForbidden, code: "APIGW.0310", msg: "The project is unavailable.", gateway: true}
	errTokenExpired = apiError{status: http.StatusUnauthorized, code: "APIGW.0307", msg: "The token must be updated.", gateway: true}
)

// errParameter is the answer to a value that the documented rules exclude.
func errParameter(what string) apiError {
	return apiError{status: http.StatusBadRequest, code: "WKS.00211807", msg: fmt.Sprintf("The parameter is invalid : '%s'.", what)}
}

// errAuthentication is the gateway's 401.
func errAuthentication(what string) apiError {
	return apiError{status: http.StatusUnauthorized, code: "APIGW.0301", msg: "Incorrect IAM authentication information: " + what, gateway: true}
}

// errThrottled is the gateway's 429.
func errThrottled(limit int) apiError {
	return apiError{
		status: http.StatusTooManyRequests, code: "APIGW.0308", gateway: true,
		msg: fmt.Sprintf("The throttling threshold has been reached: policy user over ratelimit,limit:%d,time:1 minute", limit),
	}
}

// fail answers with an error.
func fail(w http.ResponseWriter, e apiError) {
	header, body := e.answer(w.Header().Get("X-Request-Id"))
	for key, values := range header {
		w.Header()[key] = values
	}
	wire.WriteJSON(w, e.status, body)
}

// answer builds header and body; requestID is also what the header says.
func (e apiError) answer(requestID string) (http.Header, any) {
	header := http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {requestID}}
	if !e.gateway {
		return header, struct {
			Code string `json:"error_code"`
			Msg  string `json:"error_msg"`
		}{e.code, e.msg}
	}
	header.Set("Server", "api-gateway")
	return header, struct {
		Msg       string `json:"error_msg"`
		Code      string `json:"error_code"`
		RequestID string `json:"request_id"`
	}{e.msg, e.code, requestID}
}

// refuse answers 400 to a request that a correct client never sends, and records it as a violation.
func refuse(w http.ResponseWriter, r *http.Request, e apiError, format string, args ...any) {
	wire.Violate(r, format, args...)
	fail(w, e)
}

// newRequestID returns 32 hexadecimal digits.
func newRequestID() string {
	return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())
}
