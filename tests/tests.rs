//! One integration binary: one link, many tests. Each file holds the sentences of one subject.

#[cfg(test)]
mod assess;
#[cfg(test)]
mod kill;
mod layers;
#[cfg(test)]
mod merge;
#[cfg(test)]
mod operate;
#[cfg(test)]
mod scopes;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod wire;
