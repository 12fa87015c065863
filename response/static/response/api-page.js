// Shows the description of the REST API, to be tried out as whoever is signed in.
"use strict";

const page = document.getElementById("api");

SwaggerUIBundle({
  url: page.dataset.schema,
  domNode: page,
  deepLinking: true,
  docExpansion: "list",
  // Its badge is a picture of another site.
  validatorUrl: null,
  requestInterceptor(request) {
    if (new URL(request.url, location.href).origin === location.origin) {
      request.headers[page.dataset.csrfHeader] = page.dataset.csrfToken;
    }
    return request;
  },
});
