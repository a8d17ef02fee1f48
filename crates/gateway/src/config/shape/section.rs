//! The macro behind the table of keys.

/// Declares a section: `key: Type [as "type name"] = "default"`, with its meaning as doc comment.
/// `or_text(TYPE NAME, FUNCTION)` after the name lets text stand for the whole section.
macro_rules! section {
    (
        $(#[$meta:meta])*
        $name:ident $(or_text($text:literal, $from_text:expr))? {
            $( $(#[doc = $doc:literal])+ $key:ident : $type:ty $(as $type_name:literal)? = $default:expr; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name {
            $( $(#[doc = $doc])+ pub(crate) $key: $crate::config::shape::Field<$type>, )*
        }

        impl $name {
            const KEYS: &'static [$crate::config::shape::Key] = &[$(
                $crate::config::shape::Key {
                    name: stringify!($key),
                    meaning: concat!($($doc),+),
                    default: || $default.to_string(),
                    type_name: $crate::config::shape::section!(@some $($type_name)?),
                    shape: <$type as $crate::config::shape::Raw>::SHAPE,
                },
            )*];
        }

        impl $crate::config::shape::Raw for $name {
            const SHAPE: &'static $crate::config::shape::Shape =
                &$crate::config::shape::Shape::Section {
                    keys: Self::KEYS,
                    or_text: $crate::config::shape::section!(@some $($text)?),
                };

            fn read(
                node: &$crate::config::node::Node,
                path: &str,
                findings: &mut $crate::config::error::Findings,
            ) -> Option<Self> {
                $(
                    if let $crate::config::node::Content::Text(text) = &node.content {
                        return $from_text(text, node.place(path), findings);
                    }
                )?
                let entries =
                    $crate::config::shape::Entries::open(node, path, Self::KEYS, findings)?;
                Some(Self { $( $key: entries.take(stringify!($key), findings), )* })
            }
        }
    };
    (@some) => { None };
    (@some $value:literal) => { Some($value) };
}

pub(crate) use section;
