//! Routes with their place in the API document.
//!
//! The document is made from the handlers in a build for development, whose test compares it with the committed one. A
//! release carries the committed text instead: what describes some hundred operations in code is a sixth of the program.

use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter};
use utoipa::Path;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::{Operation, Paths};

pub use utoipa_axum::{paste, routes as described_routes};

/// As `utoipa_axum::routes!`: the handlers of one path. In a release without what describes them.
#[macro_export]
macro_rules! routes {
    ( $( $( $part:ident )::+ ),+ $(,)? ) => {{
        #[cfg(debug_assertions)]
        {
            $crate::route_parts::described_routes!( $( $( $part )::+ ),+ )
        }
        #[cfg(not(debug_assertions))]
        {
            let mut route = $crate::route_parts::Route::default();
            $( $crate::routes!( @put route [ $( $part )::+ ] [] $( $part )+ ); )+
            route.done()
        }
    }};
    ( @put $route:ident [ $handler:path ] [ $( $before:ident )* ] $last:ident ) => {
        $crate::route_parts::paste! {
            $route.put::<$( $before :: )* [<__path_ $last>], _, _>(&$handler);
        }
    };
    ( @put $route:ident [ $handler:path ] [ $( $before:ident )* ] $next:ident $( $rest:ident )+ ) => {
        $crate::routes!( @put $route [ $handler ] [ $( $before )* $next ] $( $rest )+ );
    };
}

/// The handlers of one path, put together without a description of them.
pub struct Route<S> {
    paths: Paths,
    methods: MethodRouter<S>,
}

impl<S: Clone> Default for Route<S> {
    fn default() -> Self {
        Self { paths: Paths::new(), methods: MethodRouter::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    /// Adds a handler under the methods and the path that `P` says.
    pub fn put<P: Path, H: Handler<T, S>, T: 'static>(&mut self, handler: &H) {
        let methods = P::methods();
        let all = std::mem::take(&mut self.methods);
        self.methods = methods.iter().fold(all, |router, method| router.on(filter(method), handler.clone()));
        self.paths.add_path_operation(P::path(), methods, Operation::new());
    }

    /// In the form in which a router takes it.
    pub fn done(self) -> utoipa_axum::router::UtoipaMethodRouter<S> {
        (Vec::new(), self.paths, self.methods)
    }
}

fn filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::StatusCode;
    use tower::ServiceExt;
    use utoipa_axum::router::OpenApiRouter;

    mod room {
        #[utoipa::path(get, path = "/things/{id}")]
        pub async fn get() -> &'static str {
            "got"
        }

        #[utoipa::path(delete, path = "/things/{id}")]
        pub async fn delete() -> &'static str {
            "gone"
        }
    }

    #[tokio::test]
    async fn a_route_without_its_description_answers_as_one_with_it() {
        let mut route = Route::<()>::default();
        route.put::<room::__path_get, _, _>(&room::get);
        route.put::<room::__path_delete, _, _>(&room::delete);
        let bare = OpenApiRouter::<()>::new().routes(route.done()).split_for_parts().0;
        let described = OpenApiRouter::<()>::new().routes(routes!(room::get, room::delete)).split_for_parts().0;
        for method in ["GET", "DELETE", "PUT"] {
            let mut answers = Vec::new();
            for router in [&bare, &described] {
                let request =
                    Request::builder().method(method).uri("/things/7").body(Body::empty()).expect("a request");
                let answer = router.clone().oneshot(request).await.expect("an answer");
                let status = answer.status();
                answers.push((status, axum::body::to_bytes(answer.into_body(), 100).await.expect("a body")));
            }
            assert_eq!(answers[0], answers[1], "{method}");
            assert_eq!(answers[0].0 == StatusCode::METHOD_NOT_ALLOWED, method == "PUT");
        }
    }
}
