// Which texts hold queries.
// @ts-check
"use strict";

const FENCE = /^\s*(?:`{3,}|~{3,})\s*(?:\{\s*\.?)?(?:rql|runql)(?=$|[\s,:{}?])/im;

/**
 * Whether a text is of queries, or is a page of Markdown with some.
 * @param {string} language
 * @param {string} text
 */
function holdsQueries(language, text) {
  return language === "rql" || (language === "markdown" && FENCE.test(text));
}

module.exports = { holdsQueries };
