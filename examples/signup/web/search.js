/* The search box: InstantSearch against the index that /config.json names, with its search-only key. */
'use strict';

const people = (() => {
  const byId = (id) => document.getElementById(id);
  let search = null;

  /* A new index does not exist before the first sign-up: that is nobody, not trouble. */
  function emptyResults(requests) {
    return { results: requests.map(() => ({ hits: [], nbHits: 0, page: 0, nbPages: 0, hitsPerPage: 20, query: '', params: '', processingTimeMS: 0 })) };
  }

  function clientFor(config) {
    const options = config.host ? { hosts: [hostFor(config.host)] } : {};
    const client = window['algoliasearch/lite'].liteClient(config.application_id, config.search_only_key, options);
    return {
      clearCache: () => client.clearCache(),
      search: async (requests) => {
        try {
          const answer = await client.search(requests);
          byId('search-trouble').textContent = '';
          return answer;
        } catch (error) {
          if (error.status !== 404) {
            byId('search-trouble').textContent = 'Search cannot be reached just now. You can sign up all the same; type again in a moment.';
          }
          return emptyResults(requests);
        }
      },
    };
  }

  function hostFor(text) {
    const [name, scheme] = text.split('://').reverse();
    return { url: name, accept: 'readWrite', protocol: scheme || 'http' };
  }

  function emptyText(query) {
    if (byId('search-trouble').textContent) {
      return '';
    }
    return query
      ? `Nobody is called “${query}”. Type at least four letters of a name; one of them may be wrong, but not the first.`
      : 'Nobody has signed up yet. Fill in the form to be the first.';
  }

  function foundText(count, query) {
    if (!query || !count) {
      return '';
    }
    return count === 1 ? '1 person found' : `${count} people found`;
  }

  function start(config) {
    const { connectStats } = instantsearch.connectors;
    search = instantsearch({ indexName: config.index, searchClient: clientFor(config) });
    search.addWidgets([
      instantsearch.widgets.configure({ hitsPerPage: 10 }),
      instantsearch.widgets.searchBox({
        container: '#search-box',
        placeholder: 'Type a name',
        queryHook: (query, refine) => refine(query),
        templates: { reset: () => 'Clear' },
      }),
      instantsearch.widgets.hits({
        container: '#people',
        templates: {
          item: (hit, { html, components }) => html`<span>${components.Highlight({ attribute: 'fullname', hit })}</span>`,
          empty: (results, { html }) => html`<p class="empty">${emptyText(results.query)}</p>`,
        },
      }),
      connectStats(({ nbHits, query }) => {
        byId('found').textContent = foundText(nbHits, query);
      })({}),
    ]);
    search.start();
    const input = document.querySelector('#search-box input');
    input.setAttribute('aria-labelledby', 'search-title');
  }

  /* Shows what has changed since: a new user is found within a second of the sign-up. */
  function refreshSoon() {
    for (const delay of [250, 1000]) {
      window.setTimeout(() => search && search.refresh(), delay);
    }
  }

  async function begin() {
    try {
      const answer = await fetch('config.json');
      if (!answer.ok) {
        throw new Error(`config.json: ${answer.status}`);
      }
      start(await answer.json());
    } catch (error) {
      byId('search-trouble').textContent = 'Search could not be set up. Reload the page to try again.';
      throw error;
    }
  }

  begin();
  return { refreshSoon };
})();
